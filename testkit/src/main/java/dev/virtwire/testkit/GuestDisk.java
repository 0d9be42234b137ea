// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * What a guest's disk is and holds at first; immutable. Offsets, lengths and sizes are in bytes.
 *
 * @since 0.1
 */
public final class GuestDisk {
    private static final int CHUNK = 1 << 20;
    /** How often QEMU may find that its clock stands still, while it measures how fast it makes keys. */
    private static final int MEASUREMENTS = 20;

    private static final int PATTERN_RUN = 4 << 20;

    private final String format;
    private final long size;
    private final int clusterSize;
    private final List<Run> runs;
    private final @Nullable Path existing;
    private final boolean encrypted;

    /** A stretch of content: {@code value} in each byte, or random bytes of {@code seed} if it is -1. */
    private record Run(long offset, long length, int value, long seed) {}

    private GuestDisk(
            String format, long size, int clusterSize, List<Run> runs, @Nullable Path existing, boolean encrypted) {
        this.format = format;
        this.size = size;
        this.clusterSize = clusterSize;
        this.runs = runs;
        this.existing = existing;
        this.encrypted = encrypted;
    }

    /** An empty qcow2 disk with clusters of 64 KiB. */
    public static GuestDisk qcow2(long size) {
        return new GuestDisk("qcow2", size, 64 << 10, List.of(), null, false);
    }

    /** An empty raw disk; libvirt keeps no checkpoints of such. */
    public static GuestDisk raw(long size) {
        return new GuestDisk("raw", size, 0, List.of(), null, false);
    }

    /** A disk that is there already; the guest writes to this very file. */
    public static GuestDisk existing(Path image, String format) {
        return new GuestDisk(format, -1, 0, List.of(), image, false);
    }

    /** Sets the cluster size of a qcow2 disk, 512 bytes to 2 MiB. */
    public GuestDisk clusterSize(int bytes) {
        return new GuestDisk(format, size, bytes, runs, existing, encrypted);
    }

    /**
     * Encrypts it by LUKS: a qcow2 image inside, a raw one as a whole. Its libvirt secret has the value
     * {@link Guest#PASSPHRASE}.
     */
    public GuestDisk encrypted() {
        return new GuestDisk(format, size, clusterSize, runs, existing, true);
    }

    /** Fills a range with one byte's value. */
    public GuestDisk fill(long offset, long length, int value) {
        return with(new Run(offset, length, value & 0xff, 0));
    }

    /** Fills a range with random bytes: the same for the same seed. */
    public GuestDisk random(long offset, long length, long seed) {
        return with(new Run(offset, length, -1, seed));
    }

    /**
     * Covers the disk with runs of up to 4 MiB of random bytes, of one value, and of nothing, a third each: the same
     * for the same seed. Their ends lie anywhere, so that clusters and chunks are met in their middle.
     */
    public GuestDisk pattern(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        GuestDisk disk = this;
        long offset = 0;
        while (offset < size) {
            long length = Math.min(size - offset, 1 + random.nextLong(PATTERN_RUN));
            disk = switch (random.nextInt(3)) {
                case 0 -> disk.random(offset, length, random.nextLong());
                case 1 -> disk.fill(offset, length, 1 + random.nextInt(255));
                default -> disk;
            };
            offset += length;
        }
        return disk;
    }

    boolean isEncrypted() {
        return encrypted;
    }

    String format() {
        return format;
    }

    /** Makes the image, unless it is there already, and returns its path. */
    Path create(Path folder, String name) {
        if (existing != null) {
            return existing;
        }
        Path image = folder.resolve(name + "." + format);
        if (format.equals("raw") && !encrypted) {
            writeRaw(image);
            return image;
        }
        if (runs.isEmpty()) {
            make(List.of("create", "-q", "-f", driver()), image.toString(), Long.toString(size));
            return image;
        }
        Path raw = folder.resolve(name + ".content");
        writeRaw(raw);
        make(List.of("convert", "-q", "-f", "raw", "-O", driver()), raw.toString(), image.toString());
        try {
            Files.delete(raw);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return image;
    }

    private void make(List<String> how, String... operands) {
        List<String> command = new ArrayList<>(List.of("qemu-img"));
        command.addAll(how);
        if (encrypted) {
            command.addAll(List.of("--object", "secret,id=key,data=" + Guest.PASSPHRASE));
        }
        command.addAll(List.of("-o", options()));
        command.addAll(List.of(operands));
        for (int left = MEASUREMENTS; ; left--) {
            try {
                Command.run(command);
                return;
            } catch (TestkitException e) {
                if (left == 0 || !String.valueOf(e.getMessage()).contains("Unable to get accurate CPU usage")) {
                    throw e;
                }
            }
        }
    }

    /** QEMU's: what libvirt calls an encrypted raw image is one of LUKS. */
    private String driver() {
        return encrypted && format.equals("raw") ? "luks" : format;
    }

    private String options() {
        if (driver().equals("luks")) {
            return "key-secret=key,iter-time=10";
        }
        String encryption = encrypted ? ",encrypt.format=luks,encrypt.key-secret=key,encrypt.iter-time=10" : "";
        return "cluster_size=" + clusterSize + encryption;
    }

    private GuestDisk with(Run run) {
        if (run.offset < 0 || run.length < 0 || run.offset + run.length > size) {
            throw new IllegalArgumentException(
                    "Range " + run.offset + "+" + run.length + " lies outside of a disk of " + size + " bytes");
        }
        List<Run> more = new ArrayList<>(runs);
        more.add(run);
        return new GuestDisk(format, size, clusterSize, List.copyOf(more), existing, encrypted);
    }

    private void writeRaw(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            byte[] bytes = new byte[CHUNK];
            for (Run run : runs) {
                Random random = new Random(run.seed);
                long end = run.offset + run.length;
                for (long at = run.offset; at < end; at += CHUNK) {
                    if (run.value < 0) {
                        random.nextBytes(bytes);
                    } else {
                        Arrays.fill(bytes, (byte) run.value);
                    }
                    ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, (int) Math.min(CHUNK, end - at));
                    for (long position = at; buffer.hasRemaining(); ) {
                        position += channel.write(buffer, position);
                    }
                }
            }
            if (channel.size() < size) {
                extend(channel);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A file channel cannot grow a file but by writing its last byte. */
    private void extend(FileChannel channel) throws IOException {
        channel.write(ByteBuffer.allocate(1), size - 1);
    }
}
