// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.restore;

import dev.virtwire.repository.Notice;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.manifest.DiskEncryption;
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
                        + disk.pushed().path() + " on host " + disk.pushed().host()
                        + (disk.pushed().secret() == null
                                ? ""
                                : ", encrypted with libvirt's secret "
                                        + disk.pushed().secret()));
            }
        }
        return disks;
    }

    /** What the user should know of disks that are restored. */
    public static List<Notice> notices(List<ManifestDisk> disks) {
        return disks.stream()
                .filter(disk -> disk.source().encryption() != null)
                .map(disk -> wasEncrypted(disk.target(), isPlainAllowed(disk)))
                .toList();
    }

    /** Whether somebody took it as known that copies of the disk are not encrypted. */
    public static boolean isPlainAllowed(ManifestDisk disk) {
        DiskEncryption encryption = disk.source().encryption();
        return encryption != null && encryption.plainAllowed();
    }

    /**
     * That a restored disk is not encrypted any more.
     *
     * @param known whether somebody took that as known
     */
    public static Notice wasEncrypted(String target, boolean known) {
        String text = "disk " + target + " was encrypted on its host, and what is restored is not";
        return known ? Notice.information(text) : Notice.warning(text);
    }
}
