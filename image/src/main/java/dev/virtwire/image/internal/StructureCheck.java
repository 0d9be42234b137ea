// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal;

import dev.virtwire.image.FileUse;
import dev.virtwire.image.FileUse.Kind;
import dev.virtwire.image.ImageException;
import dev.virtwire.image.Qcow2Check;
import dev.virtwire.image.Qcow2Finding;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * One check of one image. Counts the uses of a window of clusters at a time, so that memory does not depend on the
 * file's size.
 */
public final class StructureCheck {
    private static final int LEAST_WINDOW = 4 << 20;
    private static final int MOST_WINDOW = 1 << 28;
    /** A cluster takes 2 bytes, so that a window is a sixteenth of the heap. */
    private static final int HEAP_SHARE = 32;

    private static final int MAX_COUNT = Character.MAX_VALUE;

    private final long clusterSize;
    private final long fileClusters;
    private final RefcountReader refcounts;
    private final References references;
    private final List<Qcow2Finding> findings = new ArrayList<>();
    private long leaks;
    private long corruptions;
    private long usedClusters;

    /** A check of an open file whose header was read. */
    public StructureCheck(ImageFile file, Qcow2Header header) throws ImageException {
        long fileSize = file.size();
        this.clusterSize = header.clusterSize();
        this.fileClusters = Entries.ceilDiv(fileSize, clusterSize);
        this.refcounts = new RefcountReader(file, header, fileSize);
        this.references = new References(header, fileSize, new ClusterMap(file, header, fileSize), refcounts);
    }

    /** Runs the check, once. */
    public Qcow2Check.Report run() throws ImageException {
        // The last block may count clusters beyond the end of the file.
        long end = Entries.alignUp(fileClusters, refcounts.clustersPerBlock());
        int size = (int) Math.min(window(Runtime.getRuntime().maxMemory()), fileClusters);
        for (long first = 0; first < fileClusters; first += size) {
            Window window = new Window(first, size, first == 0);
            references.walk(window);
            window.compare();
        }
        for (long cluster = fileClusters; cluster < end; cluster++) {
            compare(cluster, 0);
        }
        return new Qcow2Check.Report(List.copyOf(findings), leaks, corruptions, usedClusters);
    }

    /** How many clusters are counted at a time: each window costs a pass over all tables. */
    static int window(long heap) {
        return (int) Math.max(LEAST_WINDOW, Math.min(MOST_WINDOW, heap / HEAP_SHARE));
    }

    private void compare(long cluster, int uses) throws ImageException {
        long refcount;
        try {
            refcount = refcounts.refcount(cluster);
        } catch (ImageException e) {
            // Reported once by the walk over the blocks; all clusters of this block would repeat it.
            return;
        }
        if (uses > 0) {
            usedClusters++;
        }
        if (refcount == uses || (uses == MAX_COUNT && Long.compareUnsigned(refcount, uses) > 0)) {
            return;
        }
        String text = "cluster has refcount " + Long.toUnsignedString(refcount) + " and " + uses + " uses";
        if (Long.compareUnsigned(refcount, uses) > 0) {
            leaks++;
            found(Qcow2Finding.Kind.LEAK, cluster * clusterSize, text);
        } else {
            corruption(cluster * clusterSize, text);
        }
    }

    private void corruption(long fileOffset, String text) {
        corruptions++;
        found(Qcow2Finding.Kind.CORRUPTION, fileOffset, text);
    }

    private void found(Qcow2Finding.Kind kind, long fileOffset, String text) {
        if (findings.size() < Qcow2Check.MAX_FINDINGS) {
            findings.add(new Qcow2Finding(kind, fileOffset, text));
        }
    }

    /** The uses of some clusters. */
    private final class Window implements References.Visitor {
        private final long first;
        private final char[] uses;
        /** What may have no second use; only compressed data shares clusters. */
        private final BitSet exclusive = new BitSet();
        /** What concerns single references is judged in one window only. */
        private final boolean judgesReferences;

        Window(long first, int size, boolean judgesReferences) {
            this.first = first;
            this.uses = new char[size];
            this.judgesReferences = judgesReferences;
        }

        @Override
        public void use(
                Kind kind,
                long number,
                long fileOffset,
                long length,
                long guestOffset,
                long entryOffset,
                boolean copied) {
            long begin = Math.max(0, fileOffset / clusterSize - first);
            long end = Math.min(uses.length, Entries.ceilDiv(fileOffset + length, clusterSize) - first);
            for (long i = begin; i < end; i++) {
                count((int) i, kind, number, guestOffset);
            }
            if (judgesReferences && (kind == Kind.L2_TABLE || kind == Kind.DATA)) {
                judge(new FileUse(fileOffset, length, kind, number, guestOffset), entryOffset, copied);
            }
        }

        @Override
        public void broken(ImageException problem) {
            if (judgesReferences) {
                corruption(problem.fileOffset(), problem.text());
            }
        }

        void compare() throws ImageException {
            for (int i = 0; i < uses.length && first + i < fileClusters; i++) {
                StructureCheck.this.compare(first + i, uses[i]);
            }
        }

        private void count(int i, Kind kind, long number, long guestOffset) {
            boolean shares = kind == Kind.COMPRESSED_DATA;
            if (uses[i] > 0 && (!shares || exclusive.get(i))) {
                FileUse use = new FileUse((first + i) * clusterSize, clusterSize, kind, number, guestOffset);
                corruption(use.fileOffset(), "cluster is used as " + use + " and for something else");
            }
            if (uses[i] < MAX_COUNT) {
                uses[i]++;
            }
            if (!shares) {
                exclusive.set(i);
            }
        }

        private void judge(FileUse use, long entryOffset, boolean copied) {
            try {
                long refcount = refcounts.refcount(use.fileOffset() / clusterSize);
                if (copied != (refcount == 1)) {
                    corruption(
                            entryOffset,
                            "the reference to " + use + " has bit 63 " + (copied ? "set" : "not set")
                                    + " where the refcount is " + Long.toUnsignedString(refcount));
                }
            } catch (ImageException e) {
                // The block is broken, which is reported where the blocks are walked.
            }
        }
    }
}
