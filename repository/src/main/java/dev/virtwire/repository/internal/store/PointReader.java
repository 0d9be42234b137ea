// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.store;

import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.SummedFile;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.Mode;
import dev.virtwire.repository.manifest.Nvram;
import dev.virtwire.repository.manifest.PointFile;
import dev.virtwire.repository.manifest.StoredImage;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Reads a point's manifest and checks that it makes sense by itself: no name in it leads out of the point's folder.
 *
 * @param file the manifest
 * @param manifest what stands in it
 * @param names the files that it has named so far
 */
record PointReader(Path file, Manifest manifest, Set<String> names) {
    /**
     * Reads the point in {@code folder}.
     *
     * @param repository whether a repository's id is one that this repository has or had
     * @throws DamagedException if the manifest is damaged
     * @throws RepositoryException if a newer program wrote it
     */
    static Point read(Path folder, String domain, Predicate<String> repository) {
        Path file = folder.resolve(Names.MANIFEST);
        SummedFile<Manifest> read = readManifest(folder);
        Manifest manifest = read.value();
        if (manifest.format().equals(Manifest.FORMAT) && manifest.version() > Manifest.VERSION) {
            throw new RepositoryException(file + " has version " + manifest.version()
                    + "; this program reads up to version " + Manifest.VERSION + ": use a newer one");
        }
        new PointReader(file, manifest, new HashSet<>()).check(String.valueOf(folder.getFileName()), repository);
        return new Point(domain, folder, manifest, read.sha256());
    }

    /** Another manifest may begin to take its place right now. */
    private static SummedFile<Manifest> readManifest(Path folder) {
        Path merged = folder.resolve(Names.MERGED);
        if (Files.isDirectory(merged, LinkOption.NOFOLLOW_LINKS)) {
            return PointPaths.readManifest(folder);
        }
        try {
            return SummedFile.read(folder.resolve(Names.MANIFEST), folder.resolve(Names.MANIFEST_SUM), Manifest.class);
        } catch (DamagedException e) {
            if (Files.isDirectory(merged, LinkOption.NOFOLLOW_LINKS)) {
                return PointPaths.readManifest(folder);
            }
            throw e;
        }
    }

    private void check(String id, Predicate<String> repository) {
        require(manifest.format().equals(Manifest.FORMAT), "format is not " + Manifest.FORMAT);
        require(manifest.version() == Manifest.VERSION, "version is " + manifest.version());
        require(repository.test(manifest.repository()), "it belongs to another repository, " + manifest.repository());
        require(manifest.point().equals(id), "it describes point " + manifest.point() + ", not " + id);
        require(
                (manifest.parent() == null) == (manifest.level() == Level.FULL),
                "a full point has no parent, every other has one");
        if (manifest.parent() != null) {
            require(
                    Names.isPoint(manifest.parent().point())
                            && !manifest.parent().point().equals(id),
                    "its parent is not another point");
            require(Names.isSha256(manifest.parent().manifestSha256()), "its parent's digest is not a SHA-256");
        }
        if (manifest.previous() != null) {
            require(
                    Names.isPoint(manifest.previous().point())
                            && !manifest.previous().point().equals(id),
                    "the point before it is not another point");
            require(Names.isSha256(manifest.previous().manifestSha256()), "the digest before it is not a SHA-256");
        }
        manifest.replaces()
                .forEach(each -> require(Names.isSha256(each), "what it replaces is not named by a SHA-256"));
        manifest.disks().forEach(this::checkDisk);
        Set<String> roles = new HashSet<>();
        for (PointFile stored : manifest.files()) {
            checkFile(stored.file(), stored.sha256());
            require(roles.add(stored.role()), "two files have the role " + stored.role());
        }
        require(roles.contains(PointFile.DOMAIN), "no file has the role " + PointFile.DOMAIN);
        Nvram nvram = manifest.nvram();
        require(
                roles.contains(PointFile.NVRAM) == (nvram != null && nvram.reason() == null),
                "the file with the role " + PointFile.NVRAM + " does not fit what it says of the UEFI variables");
    }

    private void checkDisk(ManifestDisk disk) {
        require(Names.isTarget(disk.target()), "disk " + disk.target() + " is no target");
        require((manifest.mode() == Mode.PUSH) == (disk.pushed() != null), "disk " + disk.target() + ": wrong mode");
        StoredImage image = disk.image();
        if (image == null || disk.digests() == null || disk.content() == null) {
            return;
        }
        checkName(image.file());
        require(Names.isSha256(image.blocksRoot()), image.file() + ": blocksRoot is not a SHA-256");
        require(Names.isSha256(disk.content().root()), disk.target() + ": content root is not a SHA-256");
        require(
                (image.backing() == null) == (disk.level() == Level.FULL),
                image.file() + ": a full image has no backing, every other has one");
        if (image.backing() != null) {
            require(
                    manifest.parent() != null
                            && image.backing().equals("../" + manifest.parent().point() + "/" + image.file()),
                    image.file() + ": its backing is not its parent's image");
        }
        checkFile(disk.digests().file(), disk.digests().sha256());
    }

    private void checkFile(String name, String sha256) {
        checkName(name);
        require(Names.isSha256(sha256), name + ": sha256 is not a SHA-256");
    }

    private void checkName(String name) {
        require(
                Names.isPlainFile(name) && !name.equals(Names.MANIFEST) && !name.equals(Names.MANIFEST_SUM),
                "the file name '" + name + "' is not allowed");
        require(names.add(name), "the file " + name + " is described twice");
    }

    private void require(boolean condition, String message) {
        if (!condition) {
            throw new DamagedException(Finding.of(file, message));
        }
    }
}
