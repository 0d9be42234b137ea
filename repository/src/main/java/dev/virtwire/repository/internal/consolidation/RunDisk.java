// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.consolidation;

import dev.virtwire.image.ImageChain;
import dev.virtwire.image.ImageException;
import dev.virtwire.image.ImageExtent;
import dev.virtwire.image.ImageExtent.Kind;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.internal.chain.DiskChain;
import dev.virtwire.repository.internal.disk.SourceDisk;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.work.RateLimit;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The disk of a point that stays, as something to copy: changed is what the images that become one hold of it. */
final class RunDisk implements SourceDisk {
    /** Extents are looked up for so much of the disk at once. */
    private static final long WINDOW = 64L << 20;

    private final Path file;
    private final ImageChain content;
    private final ImageChain merged;
    private final boolean standsAlone;
    private final RateLimit limit;

    private RunDisk(Path file, ImageChain content, ImageChain merged, boolean standsAlone, RateLimit limit) {
        this.file = file;
        this.content = content;
        this.merged = merged;
        this.standsAlone = standsAlone;
        this.limit = limit;
    }

    /** Opens the images of a run. */
    static RunDisk open(DiskRun run, RateLimit limit) throws IOException {
        ImageChain merged = DiskChain.openImages(run.merged());
        try {
            return new RunDisk(
                    run.chain().top().file(),
                    run.chain().openImages(),
                    merged,
                    run.base().isEmpty(),
                    limit);
        } catch (IOException | RuntimeException e) {
            merged.close();
            throw e;
        }
    }

    @Override
    public long size() {
        return content.virtualSize();
    }

    @Override
    public int blockSize() {
        return 1;
    }

    @Override
    public CompletableFuture<Void> read(long offset, ByteBuffer destination) {
        try {
            limit.acquire(destination.remaining());
            content.read(offset, destination);
            return CompletableFuture.completedFuture(null);
        } catch (ImageException e) {
            return CompletableFuture.failedFuture(Problems.saysNothingOfTheFile(e) ? e : damage(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return CompletableFuture.failedFuture(e);
        }
    }

    private static DamagedException damage(ImageException e) {
        return new DamagedException(DiskChain.finding(e));
    }

    @Override
    public Extents extents() {
        return new Walk();
    }

    @Override
    public void close() {
        try {
            content.close();
            merged.close();
        } catch (IOException e) {
            throw Problems.with("close", file, e);
        }
    }

    private final class Walk implements Extents {
        private List<ImageExtent> window = List.of();
        private int index = -1;
        private long end;

        @Override
        public boolean next() {
            if (index + 1 == window.size()) {
                if (end == size()) {
                    return false;
                }
                window = extents(end, Math.min(WINDOW, size() - end));
                index = -1;
            }
            index++;
            end = window.get(index).end();
            return true;
        }

        private List<ImageExtent> extents(long offset, long length) {
            try {
                return merged.extents(offset, length);
            } catch (ImageException e) {
                throw Problems.saysNothingOfTheFile(e) ? Problems.with("read", file, e) : damage(e);
            } catch (IOException e) {
                throw Problems.with("read", file, e);
            }
        }

        @Override
        public long end() {
            return end;
        }

        @Override
        public boolean isZero() {
            Kind kind = window.get(index).kind();
            return kind == Kind.ZERO || (kind == Kind.UNALLOCATED && standsAlone);
        }

        @Override
        public boolean isChanged() {
            return standsAlone || window.get(index).kind() != Kind.UNALLOCATED;
        }
    }
}
