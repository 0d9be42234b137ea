// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.testkit.Guest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/** A running guest, and beside it what its disks hold by all that was done to them: the truth. */
final class ModelGuest {
    private static final int SECTOR = 512;
    private static final int CLUSTER = 64 << 10;

    private final Guest guest;
    private final Random random;
    private final Path scratch;
    private final Map<String, byte[]> disks = new LinkedHashMap<>();

    /** Learns what the disks hold now. */
    ModelGuest(Guest guest, Random random, Path scratch) throws IOException {
        this.guest = guest;
        this.random = random;
        this.scratch = scratch;
        for (String target : guest.targets()) {
            disks.put(target, read(target));
        }
    }

    Guest guest() {
        return guest;
    }

    private byte[] read(String target) throws IOException {
        Path file = scratch.resolve(guest.name() + "-" + target + ".seen");
        guest.copyDisk(target, file);
        byte[] content = Files.readAllBytes(file);
        Files.delete(file);
        return content;
    }

    /** The model is right: what was done to the disks by it is what they hold. */
    void requireTrue() throws IOException {
        for (String target : disks.keySet()) {
            requireEqual(target, read(target));
        }
    }

    private void requireEqual(String target, byte[] found) {
        assertThat(Arrays.mismatch(found, disks.get(target)))
                .as("first byte of %s that is not as the model has it", target)
                .isEqualTo(-1);
    }

    /** What the disks hold now. */
    Truth truth() {
        Map<String, byte[]> copy = new LinkedHashMap<>();
        disks.forEach((target, content) -> copy.put(target, content.clone()));
        return new Truth(copy);
    }

    /** Does some things to random places of random disks, as a guest might. */
    void change(int times) throws IOException {
        String[] targets = disks.keySet().toArray(new String[0]);
        for (int i = 0; i < times; i++) {
            String target = targets[random.nextInt(targets.length)];
            switch (random.nextInt(5)) {
                case 0, 1 -> write(target, 1 + random.nextInt(255));
                case 2 -> write(target, 0);
                case 3 -> zero(target);
                default -> discard(target);
            }
        }
    }

    private void write(String target, int value) {
        int[] range = range(target, SECTOR);
        guest.write(target, range[0], range[1] - range[0], value);
        Arrays.fill(disks.get(target), range[0], range[1], (byte) value);
    }

    private void zero(String target) {
        int[] range = range(target, SECTOR);
        guest.zero(target, range[0], range[1] - range[0]);
        Arrays.fill(disks.get(target), range[0], range[1], (byte) 0);
    }

    /** Promises nothing: while a job runs, QEMU may leave the data where it is. What became of it is looked up. */
    private void discard(String target) throws IOException {
        int[] range = range(target, CLUSTER);
        guest.discard(target, range[0], range[1] - range[0]);
        byte[] found = read(target);
        byte[] expected = disks.get(target);
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
        int size = disks.get(target).length;
        int units = (size + unit - 1) / unit;
        int begin = random.nextInt(units);
        int limit = Math.max(1, new int[] {8, 300, 4000}[random.nextInt(3)] * SECTOR / unit);
        int end = Math.min(units, begin + 1 + random.nextInt(limit));
        return new int[] {begin * unit, (int) Math.min(size, (long) end * unit)};
    }
}
