// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.manifest;

import java.util.Locale;

/**
 * How a guest stood when its disks were read.
 *
 * @since 0.1
 */
public enum GuestState {
    /** It ran, or was paused. */
    RUNNING,
    /** It was off. */
    OFF,
    /** It was off, and libvirt had its memory saved: its disks are as in the middle of its work. */
    SAVED;

    /** As written in manifests. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
