// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.manifest;

import java.util.Locale;

/**
 * Who moves the data.
 *
 * @since 0.1
 */
public enum Mode {
    /** This program reads the disks from the hypervisor's NBD export and keeps them in the repository. */
    PULL,
    /** The hypervisor writes images to a folder of its own host; the repository keeps only their description. */
    PUSH;

    /** As written in manifests. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
