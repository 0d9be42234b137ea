// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.restore;

import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ManifestDisk;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Which disks of a point are restored. */
public final class ChosenDisks {
    private ChosenDisks() {}

    /**
     * The disks of these targets, or all if no target is named.
     *
     * @throws RepositoryException if a target is unknown, or a disk's image is not in the repository
     */
    public static List<ManifestDisk> of(Manifest manifest, Set<String> targets) {
        TreeSet<String> unknown = new TreeSet<>(targets);
        List<ManifestDisk> disks = new ArrayList<>();
        for (ManifestDisk disk : manifest.disks()) {
            if (unknown.remove(disk.target()) || targets.isEmpty()) {
                disks.add(disk);
            }
        }
        if (!unknown.isEmpty()) {
            throw new RepositoryException("point " + manifest.point() + " has no disk " + unknown.first() + "; it has "
                    + String.join(
                            ", ",
                            manifest.disks().stream().map(ManifestDisk::target).toList()));
        }
        for (ManifestDisk disk : disks) {
            if (disk.pushed() != null) {
                throw new RepositoryException("disk " + disk.target() + " of point " + manifest.point()
                        + " is not in the repository: the hypervisor wrote it to "
                        + disk.pushed().path() + " on host " + disk.pushed().host());
            }
        }
        return disks;
    }
}
