// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.consolidation;

import static java.util.Objects.requireNonNull;

import dev.virtwire.image.ImageChain;
import dev.virtwire.image.ImageException;
import dev.virtwire.image.ImageExtent;
import dev.virtwire.image.ImageExtent.Kind;
import dev.virtwire.image.Qcow2Check;
import dev.virtwire.image.Qcow2Editor;
import dev.virtwire.image.Qcow2Finding;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.internal.chain.ContentReader;
import dev.virtwire.repository.internal.chain.DiskChain;
import dev.virtwire.repository.internal.copy.DiskStore;
import dev.virtwire.repository.internal.digest.BlockLookup;
import dev.virtwire.repository.internal.digest.BlockTree;
import dev.virtwire.repository.internal.digest.DigestFileWriter;
import dev.virtwire.repository.internal.digest.LeafKind;
import dev.virtwire.repository.internal.digest.Leaves;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.work.CopyMeter;
import dev.virtwire.repository.internal.work.Workers;
import dev.virtwire.repository.manifest.ContentDigest;
import dev.virtwire.repository.manifest.StoredFile;
import dev.virtwire.repository.manifest.StoredImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.List;

/**
 * Makes the merged image out of the oldest one, in its place: what the layers above it have is written into it. They
 * shadow all that is written, so that the disk of the point that stays reads the same at every moment, and an edit that
 * died is begun again.
 */
final class DiskEdit {
    private final DiskRun run;
    private final Workers workers;
    private final CopyMeter meter;

    DiskEdit(DiskRun run, Workers workers, CopyMeter meter) {
        this.run = run;
        this.workers = workers;
        this.meter = meter;
    }

    /**
     * Reads all that an edit would read, and writes nothing.
     *
     * @throws DamagedException if a block is not what the guest had there
     */
    void prove() throws IOException {
        try (ContentReader content = ContentReader.open(run.chain())) {
            compare(content);
        }
    }

    /**
     * Changes the image, reads it back, and writes its digest file into {@code folder}; both are durable when this
     * returns.
     *
     * @param again whether an earlier run may have begun with it
     * @throws DamagedException if what was written is not what the guest had
     */
    DiskStore.Stored run(Path folder, boolean again) throws IOException {
        Path image = run.oldest().file();
        BitSet changed;
        try (Qcow2Editor editor = Qcow2Editor.open(image)) {
            write(editor);
            editor.finish();
            changed = again ? editor.changedBlocksOfDeadEdits() : editor.changedBlocks();
        }
        List<Qcow2Finding> wrong = Qcow2Check.check(image).findings();
        if (!wrong.isEmpty()) {
            throw new DamagedException(new Finding(
                    image, wrong.get(0).fileOffset(), 1, wrong.get(0).text()));
        }
        try (ContentReader content = ContentReader.of(run.chain(), DiskChain.openImages(run.left()))) {
            compare(content);
        }
        return digests(image, folder, changed);
    }

    private void write(Qcow2Editor editor) throws IOException {
        try (ImageChain upper = DiskChain.openImages(run.upper())) {
            run.forEachChanged(workers, (index, bench) -> {
                long offset = index * BlockTree.BLOCK;
                int length = BlockTree.blockLength(index, upper.virtualSize());
                workers.pace(length);
                for (ImageExtent extent : upper.extents(offset, length)) {
                    write(editor, upper, extent, bench);
                }
                meter.passed(length);
            });
        }
    }

    private void write(Qcow2Editor editor, ImageChain upper, ImageExtent extent, Workers.Bench bench)
            throws IOException {
        if (extent.kind() == Kind.DATA) {
            ByteBuffer data = bench.buffer((int) extent.length());
            try {
                upper.read(extent.offset(), data);
            } catch (ImageException e) {
                throw DiskChain.damage(e);
            }
            editor.write(extent.offset(), data.flip());
            meter.moved(extent.length());
        } else if (extent.kind() == Kind.ZERO) {
            editor.writeZeros(extent.offset(), extent.length());
        }
    }

    /** Compares each block in which something is to change, or was changed, with its digest. */
    private void compare(ContentReader content) throws IOException {
        run.forEachChanged(workers, (index, bench) -> {
            int length = BlockTree.blockLength(index, content.size());
            workers.pace(length);
            content.read(index, bench);
            meter.passed(length);
            meter.moved(length);
        });
    }

    private DiskStore.Stored digests(Path image, Path folder, BitSet changed) throws IOException {
        StoredImage before = run.oldest().image();
        Path file = folder.resolve(Names.digests(run.disk().target()));
        try (FileChannel channel = FileChannel.open(image, StandardOpenOption.READ);
                DigestFileWriter writer =
                        DigestFileWriter.create(file, run.disk().virtualSize(), run.baseLeaves())) {
            content(writer);
            long size = channel.size();
            writer.endContent(size);
            BlockLookup known = run.oldest().digests().lookup();
            BlockTree.LeafHasher hasher = new BlockTree.LeafHasher();
            byte[] digest = new byte[BlockTree.DIGEST];
            long whole = before.size() / BlockTree.BLOCK;
            for (long i = 0; i < BlockTree.blocks(size); i++) {
                if (i >= whole || changed.get((int) i) || BlockTree.blockLength(i, size) < BlockTree.BLOCK) {
                    writer.leaf(hasher.read(channel, i, size));
                } else {
                    known.digest(i, digest);
                    writer.leaf(digest);
                }
            }
            DigestFileWriter.Summary summary = writer.finish(size);
            if (!summary.contentRoot().equals(run.contentRoot())) {
                throw new DamagedException(
                        Finding.of(run.chain().top().file(), "the root over its disk's digests is another one"));
            }
            return new DiskStore.Stored(
                    new StoredImage(
                            requireNonNull(image.getFileName()).toString(),
                            before.format(),
                            before.compression(),
                            Files.size(image),
                            summary.fileRoot(),
                            before.backing()),
                    new ContentDigest(summary.contentRoot()),
                    new StoredFile(requireNonNull(file.getFileName()).toString(), summary.size(), summary.sha256()));
        }
    }

    private void content(DigestFileWriter writer) throws IOException {
        Leaves leaves = run.mergedLeaves();
        byte[] digest = new byte[BlockTree.DIGEST];
        for (long i = 0; i < leaves.count(); ) {
            leaves.seek(i);
            long count = leaves.end() - i;
            if (leaves.kind() == LeafKind.INHERITED) {
                writer.inherited(count);
            } else if (leaves.kind() == LeafKind.ZERO) {
                writer.zeros(count);
            } else {
                leaves.digest(digest);
                writer.leaf(digest);
                count = 1;
            }
            i += count;
        }
    }
}
