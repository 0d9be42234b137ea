// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.image.internal.ImageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;

/** An image with random content, and a random edit of it. */
final class EditCase {
    static final int LITTLE_MEMORY = 0;

    final Path file;
    final Disk before;
    final Disk after;
    final int clusterSize;
    /** The clusters that the edit writes. */
    final BitSet written = new BitSet();

    private final boolean backed;

    /** A case like no other with that seed; {@code size} in bytes, a multiple of 512. */
    EditCase(Path folder, long seed, Compression compression, boolean backed, int clusterSize, int size)
            throws IOException {
        Random random = new Random(seed);
        this.file = folder.resolve("edited-" + seed + "-" + compression + "-" + backed + ".qcow2");
        this.clusterSize = clusterSize;
        this.backed = backed;
        Disk base = new Disk(seed + 1000, size, clusterSize, null, 50);
        Qcow2Options options =
                Qcow2Options.ofSize(size).withClusterSize(clusterSize).withCompression(compression);
        if (backed) {
            Path raw = folder.resolve("base-" + seed + ".raw");
            Files.write(raw, base.content);
            options = options.withBacking(raw.getFileName().toString(), "raw");
        }
        this.before = new Disk(seed, size, clusterSize, backed ? base : null, 10 + random.nextInt(80));
        try (Qcow2Writer writer = Qcow2Writer.create(file, options)) {
            for (Disk.Step step : before.shuffled()) {
                before.apply(step, writer);
            }
            writer.finish();
        }
        fillUnused(random);
        this.after = new Disk(seed + 2000, size, clusterSize, before, 5 + random.nextInt(60));
        for (Disk.Step step : after.steps) {
            written.set((int) (step.offset() / clusterSize), (int)
                    ((step.offset() + step.length() + clusterSize - 1) / clusterSize));
        }
    }

    /** What nothing uses may hold anything: files that were there before. */
    private void fillUnused(Random random) throws IOException {
        try (Qcow2Reader reader = Qcow2Reader.open(file);
                FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (FileUse use : reader.usesOf(0, Files.size(file))) {
                // The rest of a table's last cluster is the table's.
                if (use.kind() == FileUse.Kind.UNUSED && use.fileOffset() % clusterSize == 0) {
                    byte[] noise = new byte[(int) (use.length() / clusterSize * clusterSize)];
                    random.nextBytes(noise);
                    channel.write(ByteBuffer.wrap(noise), use.fileOffset());
                }
            }
        }
    }

    /** Writes what the edit writes, and finishes it. */
    Qcow2Editor edit(Path image) throws IOException {
        try (Qcow2Editor editor = Qcow2Editor.open(ImageFile.reopen(image), LITTLE_MEMORY)) {
            apply(editor);
            return editor;
        }
    }

    /** The same, with everything noted that was done to the file. */
    List<RecordingChannel.Change> recordedEdit() throws IOException {
        RecordingChannel channel =
                new RecordingChannel(FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE));
        try (Qcow2Editor editor = Qcow2Editor.open(ImageFile.over(file, channel), LITTLE_MEMORY)) {
            apply(editor);
        }
        return new ArrayList<>(channel.changes);
    }

    private void apply(Qcow2Editor editor) throws IOException {
        for (Disk.Step step : after.shuffled()) {
            if (step.zero()) {
                editor.writeZeros(step.offset(), step.length());
            } else {
                ByteBuffer data = ByteBuffer.wrap(after.content, (int) step.offset(), step.length());
                editor.write(step.offset(), data);
                assertThat(data.hasRemaining()).isFalse();
            }
        }
        editor.finish();
    }

    /** The disk as the image and its base have it. */
    byte[] read(Path image) throws IOException {
        ByteBuffer content = ByteBuffer.allocate(before.content.length);
        try (ImageChain chain = ImageChain.open(image, "qcow2", ImageAccess.within(file.getParent()))) {
            chain.read(0, content);
        }
        return content.array();
    }

    /** Fails unless all clusters that the edit does not write are as before. */
    void assertOthersAsBefore(Path image, String when) throws IOException {
        try (ImageChain chain = ImageChain.open(image, "qcow2", ImageAccess.within(file.getParent()))) {
            int clusters = (before.content.length + clusterSize - 1) / clusterSize;
            for (int from = written.nextClearBit(0); from < clusters; from = written.nextClearBit(from)) {
                int to = written.nextSetBit(from);
                to = to < 0 ? clusters : to;
                int begin = from * clusterSize;
                ByteBuffer content = ByteBuffer.allocate(Math.min(to * clusterSize, before.content.length) - begin);
                chain.read(begin, content);
                assertThat(content.flip())
                        .as("%s, from %d on", when, begin)
                        .isEqualTo(ByteBuffer.wrap(before.content, begin, content.limit()));
                from = to;
            }
        }
    }

    /** The blocks in which two files differ, what is behind an end counting as zeros. */
    static BitSet differences(byte[] one, byte[] other) {
        BitSet blocks = new BitSet();
        for (int i = 0; i < Math.max(one.length, other.length); i++) {
            if ((i < one.length ? one[i] : 0) != (i < other.length ? other[i] : 0)) {
                blocks.set(i / Qcow2Editor.BLOCK_SIZE);
            }
        }
        return blocks;
    }

    @Override
    public String toString() {
        return file.getFileName() + (backed ? " on a base" : "");
    }
}
