// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import dev.virtwire.image.internal.ImageFile;
import dev.virtwire.image.internal.Qcow2Header;
import dev.virtwire.image.internal.Qcow2HeaderParser;
import dev.virtwire.image.internal.StructureCheck;
import java.nio.file.Path;
import java.util.List;

/**
 * Compares what a qcow2 image refers to with what its refcounts say. Looks at the structure only: data that was altered
 * in place is for digests to find.
 *
 * @since 0.1
 */
public final class Qcow2Check {
    /** Of more findings than that only the number is kept. */
    public static final int MAX_FINDINGS = 1000;

    private Qcow2Check() {}

    /**
     * What a check found.
     *
     * @param findings the first {@link #MAX_FINDINGS}, in the order of the walk
     * @param leaks how many clusters are leaked
     * @param corruptions how many other findings there are
     * @param usedClusters how many clusters something refers to
     * @since 0.1
     */
    public record Report(List<Qcow2Finding> findings, long leaks, long corruptions, long usedClusters) {
        /** Whether nothing is wrong. */
        public boolean isClean() {
            return leaks == 0 && corruptions == 0;
        }
    }

    /**
     * Checks one image, not what is beneath it. Takes one pass over the tables for each 4 million clusters of the
     * file, and under 32 MiB of memory, and up to 22 bytes for each second-level table.
     *
     * @throws ImageException if the file cannot be read, has no header that a reader accepts, or holds internal
     *     snapshots or persistent bitmaps, whose clusters are not known here
     */
    public static Report check(Path path) throws ImageException {
        try (ImageFile file = ImageFile.open(path)) {
            Qcow2Header header = Qcow2HeaderParser.parse(file);
            if (header.snapshots() != 0) {
                throw new ImageException(path, "holds internal snapshots, which only qemu-img check can follow", 60);
            }
            if (header.bitmaps()) {
                throw new ImageException(path, "holds persistent bitmaps, which only qemu-img check can follow");
            }
            return new StructureCheck(file, header).run();
        }
    }
}
