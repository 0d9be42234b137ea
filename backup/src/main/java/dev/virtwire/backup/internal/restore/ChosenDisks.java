// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.manifest.Manifest;
import dev.virtwire.backup.manifest.ManifestDisk;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Which disks of a point are restored. */
final class ChosenDisks {
    private ChosenDisks() {}

    /**
     * The disks of these targets, or all where none is named.
     *
     * @throws BackupException where a target is unknown, or a disk's image is not in the repository
     */
    static List<ManifestDisk> of(Manifest manifest, Set<String> targets) {
        TreeSet<String> unknown = new TreeSet<>(targets);
        List<ManifestDisk> disks = new ArrayList<>();
        for (ManifestDisk disk : manifest.disks()) {
            if (unknown.remove(disk.target()) || targets.isEmpty()) {
                disks.add(disk);
            }
        }
        if (!unknown.isEmpty()) {
            throw new BackupException("point " + manifest.point() + " has no disk " + unknown.first() + "; it has "
                    + String.join(
                            ", ",
                            manifest.disks().stream().map(ManifestDisk::target).toList()));
        }
        for (ManifestDisk disk : disks) {
            if (disk.pushed() != null) {
                throw new BackupException("disk " + disk.target() + " of point " + manifest.point()
                        + " is not in the repository: the hypervisor wrote it to "
                        + disk.pushed().path() + " on host " + disk.pushed().host());
            }
        }
        return disks;
    }
}
