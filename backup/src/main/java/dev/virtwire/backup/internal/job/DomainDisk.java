// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.repository.manifest.DiskSource;
import org.jspecify.annotations.Nullable;

/**
 * A disk as the domain XML describes it.
 *
 * @param target the guest's name for it
 * @param device {@code disk}, {@code cdrom}, {@code floppy} or {@code lun}
 * @param source where it lies
 * @param empty whether there is no medium in it
 * @param readOnly whether the guest cannot write it
 * @param isTransient whether its changes are thrown away when the guest stops
 */
record DomainDisk(
        String target, String device, DiskSource source, boolean empty, boolean readOnly, boolean isTransient) {
    /** Why the disk cannot be backed up, or does not need to be; null where it can. */
    @Nullable
    String obstacle() {
        if (empty) {
            return "it is empty";
        }
        if (device.equals("cdrom") || device.equals("floppy")) {
            return "it is a " + device;
        }
        if (readOnly) {
            return "it is read-only";
        }
        if (isTransient) {
            return "it is transient: its changes are thrown away when the guest stops";
        }
        if (source.type().equals("vhostuser") || source.type().equals("vhostvdpa")) {
            return "it is of type " + source.type() + ", which the hypervisor cannot read";
        }
        return null;
    }

    /** Whether its image can keep a bitmap of changed blocks. */
    boolean keepsBitmaps() {
        return source.format().equals("qcow2");
    }
}
