// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.manifest;

import java.util.Locale;

/**
 * How much of a domain or of a disk a point holds.
 *
 * @since 0.1
 */
public enum Level {
    /** Everything; needs no other point. */
    FULL,
    /** What changed since the point before. */
    INCREMENTAL,
    /** What changed since a chosen earlier point. */
    DIFFERENTIAL;

    /** As written in manifests and in the names of points. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
