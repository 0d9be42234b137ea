// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.manifest;

import static java.util.Objects.requireNonNull;

import java.util.Set;

/**
 * A disk of the domain that is not in the point.
 *
 * @param target the guest's name for it
 * @param reason why, one sentence for people
 * @since 0.1
 */
public record ExcludedDisk(String target, String reason) {
    /** The reason of a disk that the user excluded. */
    public static final String EXCLUDED = "excluded by the user";

    /** The reason of a disk that the user did not choose, because he chose others. */
    public static final String NOT_CHOSEN = "not chosen by the user";

    /** The reason of a drive without a medium. */
    public static final String EMPTY = "it is empty";

    private static final Set<String> NOT_MISSED =
            Set.of(EXCLUDED, NOT_CHOSEN, EMPTY, removable("cdrom"), removable("floppy"));

    /** Refuses a missing field. */
    public ExcludedDisk {
        requireNonNull(target, "target");
        requireNonNull(reason, "reason");
    }

    /** The reason of a drive whose medium can be taken out; {@code device} is libvirt's word for it. */
    public static String removable(String device) {
        return "it is a " + device;
    }

    /**
     * Whether a restore misses something: nobody asked for the disk to be left out, and it is no drive whose medium can
     * be taken out. A reason that is not known counts as well.
     */
    public boolean missed() {
        return !NOT_MISSED.contains(reason);
    }
}
