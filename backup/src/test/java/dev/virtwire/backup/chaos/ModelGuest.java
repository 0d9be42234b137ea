// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.Libvirtd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** A running guest, and beside it what its disks hold by all that was done to them: the truth. */
final class ModelGuest {
    static final int SECTOR = 512;
    static final int CLUSTER = 64 << 10;

    private static final class Disk {
        private Path image;
        private byte[] content;
    }

    private final Libvirtd libvirtd;
    private final Guest guest;
    private final Random random;
    private final Path scratch;
    private final Map<String, Disk> disks = new LinkedHashMap<>();
    private final List<String> waiting = new ArrayList<>();
    private int truths;

    /** Learns what the disks hold now; keeps truths in {@code scratch}. */
    ModelGuest(Libvirtd libvirtd, Guest guest, Random random, Path scratch) throws IOException, InterruptedException {
        this.libvirtd = libvirtd;
        this.guest = guest;
        this.random = random;
        this.scratch = scratch;
        for (String target : guest.targets()) {
            moved(target, guest.image(target));
            adopt(target);
        }
    }

    String name() {
        return guest.name();
    }

    Guest guest() {
        return guest;
    }

    /** Its disks. */
    Set<String> targets() {
        return disks.keySet();
    }

    /** The file that a disk lies in. */
    Path image(String target) {
        return disks.get(target).image;
    }

    /** A disk's size in bytes. */
    int size(String target) {
        return disks.get(target).content.length;
    }

    /** A disk lies in this file from now on; a new disk is empty until {@link #adopt}. */
    void moved(String target, Path image) {
        disks.computeIfAbsent(target, any -> new Disk()).image = image;
    }

    /** A disk is gone. */
    void removed(String target) {
        disks.remove(target);
    }

    /**
     * A qcow2 disk has another size. What is new of it is zeros, but for the rest of what was its last cluster: a disk
     * that becomes smaller loses whole clusters only, and one that becomes larger without a backing file shows again
     * what the last one still holds (seen with QEMU 7.2). What it shows is looked up.
     */
    void resized(String target, int size) throws IOException, InterruptedException {
        Disk disk = disks.get(target);
        int before = disk.content.length;
        disk.content = Arrays.copyOf(disk.content, size);
        int end = Math.min(size, (before + CLUSTER - 1) / CLUSTER * CLUSTER);
        if (end > before) {
            System.arraycopy(read(target), before, disk.content, before, end - before);
        }
    }

    /** Takes for true what the disk holds. */
    void adopt(String target) throws IOException, InterruptedException {
        disks.get(target).content = read(target);
    }

    /** Runs virsh, which has to succeed. */
    String virsh(String... arguments) throws IOException, InterruptedException {
        Programs.Result result = tryVirsh(arguments);
        assertThat(result.code())
                .as("virsh %s: %s", List.of(arguments), result.output())
                .isZero();
        return result.output();
    }

    /** Runs virsh. */
    Programs.Result tryVirsh(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("virsh", "--quiet", "--connect", libvirtd.unixUri()));
        command.addAll(List.of(arguments));
        return Programs.tryRun(command);
    }

    private byte[] read(String target) throws IOException, InterruptedException {
        Path image = disks.get(target).image;
        // QEMU keeps a qcow2 image's tables in memory for a while; only what is flushed can be seen from outside.
        io(target, "flush");
        carryOut();
        Path file = scratch.resolve(name() + "-" + target + ".seen");
        Programs.run(List.of(
                "qemu-img", "convert", "-U", "-f", format(image), "-O", "raw", image.toString(), file.toString()));
        byte[] content = Files.readAllBytes(file);
        Files.delete(file);
        return content;
    }

    static String format(Path image) {
        return image.toString().endsWith(".raw") ? "raw" : "qcow2";
    }

    private void io(String target, String command) {
        waiting.add("qemu-monitor-command %s --hmp 'qemu-io -d /machine/peripheral/virtio-disk%d/virtio-backend \"%s\"'"
                .formatted(name(), target.charAt(2) - 'a', command));
    }

    /** Makes QEMU write all that it still keeps to itself. */
    void flush() throws IOException, InterruptedException {
        disks.keySet().forEach(target -> io(target, "flush"));
        carryOut();
    }

    private void carryOut() throws IOException, InterruptedException {
        if (!waiting.isEmpty()) {
            virsh(String.join("; ", waiting));
            waiting.clear();
        }
    }

    /** The model is right: what was done to the disks by it is what they hold. */
    void requireTrue() throws IOException, InterruptedException {
        for (String target : disks.keySet()) {
            requireEqual(target, read(target));
        }
    }

    private void requireEqual(String target, byte[] found) {
        assertThat(Arrays.mismatch(found, disks.get(target).content))
                .as("first byte of %s that is not as the model has it", target)
                .isEqualTo(-1);
    }

    /** What the disks hold now. */
    Truth truth() throws IOException {
        Path folder = Files.createDirectory(scratch.resolve(name() + "-truth-" + truths++));
        Map<String, Path> files = new LinkedHashMap<>();
        for (Map.Entry<String, Disk> disk : disks.entrySet()) {
            Path file = folder.resolve(disk.getKey() + ".raw");
            files.put(disk.getKey(), Files.write(file, disk.getValue().content));
        }
        return new Truth(files);
    }

    /** Does some things to random places of random disks, as a guest might. */
    synchronized void change(int times) throws IOException, InterruptedException {
        List<String> targets = List.copyOf(disks.keySet());
        for (int i = 0; i < times; i++) {
            String target = targets.get(random.nextInt(targets.size()));
            switch (random.nextInt(10)) {
                case 0, 1, 2, 3, 4 -> write(target, 1 + random.nextInt(255));
                case 5 -> write(target, 0);
                case 6, 7 -> zero(target);
                default -> discard(target);
            }
        }
        carryOut();
    }

    private void write(String target, int value) {
        int[] range = range(target, SECTOR);
        io(target, "write -P %d %d %d".formatted(value, range[0], range[1] - range[0]));
        Arrays.fill(disks.get(target).content, range[0], range[1], (byte) value);
    }

    private void zero(String target) {
        int[] range = range(target, SECTOR);
        String unmap = random.nextBoolean() ? "-u " : "";
        io(target, "write -z %s%d %d".formatted(unmap, range[0], range[1] - range[0]));
        Arrays.fill(disks.get(target).content, range[0], range[1], (byte) 0);
    }

    /** Promises nothing: while a job runs, QEMU may leave the data in place. What became of it is looked up. */
    private void discard(String target) throws IOException, InterruptedException {
        int[] range = range(target, CLUSTER);
        io(target, "discard %d %d".formatted(range[0], range[1] - range[0]));
        byte[] found = read(target);
        byte[] expected = disks.get(target).content;
        byte[] zeros = new byte[CLUSTER];
        for (int at = range[0]; at < range[1]; at += CLUSTER) {
            int end = Math.min(at + CLUSTER, range[1]);
            if (Arrays.equals(found, at, end, zeros, 0, end - at)) {
                Arrays.fill(expected, at, end, (byte) 0);
            }
        }
        requireEqual(target, found);
    }

    /** Begin and end, multiples of {@code unit} but for the disk's end; small, middle or large. */
    private int[] range(String target, int unit) {
        int size = size(target);
        int units = (size + unit - 1) / unit;
        int begin = random.nextInt(units);
        int limit = Math.max(1, new int[] {8, 300, 4000}[random.nextInt(3)] * SECTOR / unit);
        int end = Math.min(units, begin + 1 + random.nextInt(limit));
        return new int[] {begin * unit, (int) Math.min(size, (long) end * unit)};
    }
}
