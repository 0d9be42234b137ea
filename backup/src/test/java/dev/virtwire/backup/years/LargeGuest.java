// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.years;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.virtwire.backup.chaos.Programs;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * A guest with large disks that lives on one of two hosts, and beside it, in files, what its disks hold by all that was
 * written to them.
 */
final class LargeGuest implements AutoCloseable {
    private static final int SECTOR = 512;
    private static final int CLUSTER = 64 << 10;
    private static final int RUN = 4 << 20;
    /** A command line must not be longer. */
    private static final int MOST_COMMANDS = 500;

    private final List<PrivateLibvirtd> hosts;
    private final Guest guest;
    private final Random random;
    private final Path folder;
    private final Map<String, Disk> disks = new LinkedHashMap<>();
    private final List<String> waiting = new ArrayList<>();
    private final Set<PrivateLibvirtd> know = new HashSet<>();
    private PrivateLibvirtd host;
    /** Files that writes which still wait take their content from. */
    private int patterns;

    /** A disk, and what it holds. */
    private final class Disk {
        private final int number;
        private final Path image;
        private final Path content;
        private final FileChannel truth;
        private final BitSet changed = new BitSet();
        private byte[][] digests = new byte[0][];
        private long size;
        /** Where most of the writes go, for a time. */
        private long hot;

        Disk(int number, Path image) throws IOException {
            this.number = number;
            this.image = image;
            this.content = folder.resolve("truth-" + number + ".raw");
            this.truth = FileChannel.open(
                    content, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
        }

        Blocks blocks() throws IOException {
            byte[][] now = Arrays.copyOf(digests, Blocks.count(size));
            for (int i = changed.nextSetBit(0); i >= 0; i = changed.nextSetBit(i + 1)) {
                now[i] = Blocks.digest(truth, i);
            }
            changed.clear();
            digests = now;
            return new Blocks(size, now);
        }

        void write(long offset, long length, byte[] content) throws IOException {
            for (long done = 0; done < length; done += content.length) {
                ByteBuffer part = ByteBuffer.wrap(content, 0, (int) Math.min(content.length, length - done));
                while (part.hasRemaining()) {
                    truth.write(part, offset + done + part.position());
                }
            }
            changed.set((int) (offset / Blocks.BLOCK), Blocks.count(offset + length));
        }
    }

    /** Of a guest that runs on the first of these hosts, which all see its images. Keeps truths in {@code folder}. */
    LargeGuest(List<PrivateLibvirtd> hosts, Guest guest, Random random, Path folder) throws Exception {
        this.hosts = hosts;
        this.guest = guest;
        this.random = random;
        this.folder = folder;
        this.host = hosts.get(0);
        know.add(host);
        for (String target : guest.targets()) {
            disks.put(target, new Disk(disks.size(), guest.image(target)));
        }
        adopt();
        moveHotRanges();
    }

    String name() {
        return guest.name();
    }

    Set<String> targets() {
        return disks.keySet();
    }

    /** Where it runs. */
    PrivateLibvirtd host() {
        return host;
    }

    /** What its disks hold, by target. */
    Map<String, Blocks> truth() throws IOException {
        Map<String, Blocks> all = new LinkedHashMap<>();
        for (Map.Entry<String, Disk> disk : disks.entrySet()) {
            all.put(disk.getKey(), disk.getValue().blocks());
        }
        return all;
    }

    /** Other parts of the disks are the busy ones from now on. */
    void moveHotRanges() {
        for (Disk disk : disks.values()) {
            disk.hot = random.nextLong(disk.size * 7 / 8) / Blocks.BLOCK * Blocks.BLOCK;
        }
    }

    /** Writes, zeros and discards about so many bytes, scattered and in runs. */
    void work(long bytes) throws IOException, InterruptedException {
        byte[] content = new byte[1 << 20];
        long left = bytes;
        while (left > 0) {
            if (waiting.size() > MOST_COMMANDS) {
                carryOut();
            }
            Disk disk = disks.get(random.nextInt(5) == 0 ? "vdb" : "vda");
            boolean run = random.nextBoolean();
            int pieces = run ? 1 : 4 + random.nextInt(40);
            int kind = random.nextInt(10);
            int value = 1 + random.nextInt(255);
            Path pattern = hosts.get(0).directory().resolve("pattern-" + patterns);
            if (kind < 5) {
                fill(content);
                Files.write(pattern, content);
                patterns++;
            }
            for (int i = 0; i < pieces && left > 0; i++) {
                int unit = kind >= 8 ? CLUSTER : SECTOR;
                long length = Math.min(left, 1 + random.nextInt(run ? RUN : CLUSTER));
                length = (length + unit - 1) / unit * unit;
                long begin = place(disk, length) / unit * unit;
                length = Math.min(length, disk.size - begin);
                change(disk, kind, begin, length, kind < 5 ? content : filled(kind < 6 ? value : 0), value, pattern);
                left -= length;
            }
        }
        carryOut();
    }

    /** Half of what guests write can be compressed. */
    private void fill(byte[] content) {
        random.nextBytes(content);
        if (random.nextBoolean()) {
            for (int i = 0; i < content.length; i++) {
                content[i] &= 0x0f;
            }
        }
    }

    private static byte[] filled(int value) {
        byte[] content = new byte[CLUSTER];
        Arrays.fill(content, (byte) value);
        return content;
    }

    private long place(Disk disk, long length) {
        boolean hot = random.nextInt(20) < 17;
        long from = hot ? disk.hot : 0;
        long range = (hot ? disk.size / 8 : disk.size) - length;
        return from + (range <= 0 ? 0 : random.nextLong(range));
    }

    private void change(Disk disk, int kind, long begin, long length, byte[] content, int value, Path pattern)
            throws IOException, InterruptedException {
        String command =
                switch (kind) {
                    case 0, 1, 2, 3, 4 -> "write -s " + pattern;
                    case 5 -> "write -P " + value;
                    case 6 -> "write -z";
                    case 7 -> "write -z -u";
                    default -> "discard";
                };
        io(disk, command + " " + begin + " " + length);
        disk.write(begin, length, content);
    }

    private void io(Disk disk, String command) throws IOException, InterruptedException {
        waiting.add("qemu-monitor-command %s --hmp 'qemu-io -d /machine/peripheral/virtio-disk%d/virtio-backend \"%s\"'"
                .formatted(name(), disk.number, command));
    }

    private void carryOut() throws IOException, InterruptedException {
        if (!waiting.isEmpty()) {
            virsh(String.join("; ", waiting));
            waiting.clear();
        }
        patterns = 0;
    }

    /** Makes QEMU write all that it still keeps to itself. */
    void flush() throws IOException, InterruptedException {
        for (Disk disk : disks.values()) {
            io(disk, "flush");
        }
        carryOut();
    }

    /** Takes for true what the disks hold. */
    private void adopt() throws IOException, InterruptedException {
        flush();
        for (Disk disk : disks.values()) {
            convert(disk, disk.content);
            disk.size = disk.truth.size();
            disk.changed.set(0, Blocks.count(disk.size));
        }
    }

    private void convert(Disk disk, Path raw) throws IOException, InterruptedException {
        String format = disk.image.toString().endsWith(".raw") ? "raw" : "qcow2";
        Programs.run(
                List.of("qemu-img", "convert", "-U", "-f", format, "-O", "raw", disk.image.toString(), raw.toString()));
    }

    /** The truth is what the disks hold, says qemu-img. */
    void requireTrue() throws IOException, InterruptedException {
        flush();
        for (Map.Entry<String, Blocks> disk : truth().entrySet()) {
            Path seen = folder.resolve("seen.raw");
            convert(disks.get(disk.getKey()), seen);
            BitSet wrong = disk.getValue().wrongIn(seen);
            assertThat(wrong.cardinality())
                    .as("blocks of %s that are not as the model has them: %s", disk.getKey(), wrong)
                    .isZero();
            Files.delete(seen);
        }
    }

    /** The first disk becomes larger. */
    void grow(long bytes) throws IOException, InterruptedException {
        Disk disk = disks.get("vda");
        int before = Blocks.count(disk.size);
        disk.size += bytes;
        virsh("blockresize", name(), "vda", disk.size + "B");
        disk.truth.write(ByteBuffer.allocate(1), disk.size - 1);
        disk.changed.set(before - 1, Blocks.count(disk.size));
    }

    /** Ends in order and starts again. */
    void restart() throws IOException, InterruptedException {
        virsh("destroy", name());
        virsh("start", name());
    }

    /** Ends here in order, and starts on another host. */
    void move() throws IOException, InterruptedException {
        Path xml = folder.resolve("domain.xml");
        Files.writeString(xml, virsh("dumpxml", "--inactive", "--security-info", name()));
        virsh("destroy", name());
        host = hosts.get((hosts.indexOf(host) + 1) % hosts.size());
        if (know.add(host)) {
            virsh("define", xml.toString());
        }
        virsh("start", name());
    }

    /** QEMU dies; what it had not written yet may be lost. */
    void kill() throws IOException, InterruptedException {
        boolean flushed = random.nextBoolean();
        if (flushed) {
            flush();
        }
        host.killGuest(name());
        startAgain(!flushed);
    }

    /** After QEMU died. */
    void startAgain(boolean lost) throws IOException, InterruptedException {
        await().atMost(Duration.ofMinutes(1))
                .until(() -> virsh("domstate", name()).strip().equals("shut off"));
        virsh("start", name());
        if (lost) {
            adopt();
        }
    }

    /** Runs virsh on the host where it lives; virsh has to succeed. */
    String virsh(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("virsh", "--quiet", "--connect", host.unixUri()));
        command.addAll(List.of(arguments));
        return Programs.run(command);
    }

    /** Closes the files; the guest is its maker's. */
    @Override
    public void close() throws IOException {
        for (Disk disk : disks.values()) {
            disk.truth.close();
        }
    }
}
