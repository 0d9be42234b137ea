// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Makes the files that a crash leaves, from what was done to a file before it. */
final class PowerCuts {
    private static final int SECTOR = 512;

    private PowerCuts() {}

    /** The program dies before change {@code count}: all changes before it are there. */
    static void kill(byte[] before, List<RecordingChannel.Change> changes, int count, Path to) throws IOException {
        Files.write(to, before);
        try (RandomAccessFile file = new RandomAccessFile(to.toFile(), "rw")) {
            for (RecordingChannel.Change change : changes.subList(0, count)) {
                apply(change, file);
            }
        }
    }

    /** The power goes: what came after the last sync is there in part, sector by sector, in any order. */
    static void cut(byte[] before, List<RecordingChannel.Change> changes, int count, Path to, Random random)
            throws IOException {
        int last = 0;
        for (int i = 0; i < count; i++) {
            last = changes.get(i).isSync() ? i : last;
        }
        kill(before, changes, last, to);
        List<RecordingChannel.Change> unsynced = new ArrayList<>();
        int survive = random.nextInt(101);
        for (RecordingChannel.Change change : changes.subList(last, count)) {
            for (RecordingChannel.Change part : sectors(change)) {
                if (random.nextInt(100) < survive) {
                    unsynced.add(part);
                }
            }
        }
        // Two writes of one sector are not reordered by a page cache, so only those of different ones are.
        List<RecordingChannel.Change> order = new ArrayList<>(unsynced);
        if (random.nextBoolean()) {
            Collections.reverse(order);
            order = firstOfEach(order);
        }
        try (RandomAccessFile file = new RandomAccessFile(to.toFile(), "rw")) {
            long synced = file.length();
            for (RecordingChannel.Change change : order) {
                apply(change, file);
            }
            if (random.nextInt(3) == 0) {
                // File systems write what makes a file longer last.
                file.setLength(Math.min(file.length(), synced));
            }
        }
    }

    private static List<RecordingChannel.Change> firstOfEach(List<RecordingChannel.Change> changes) {
        List<RecordingChannel.Change> first = new ArrayList<>();
        Set<Long> seen = new HashSet<>();
        for (RecordingChannel.Change change : changes) {
            // The part of a sector that an older write gave is lost with it, which is one more thing that may happen.
            if (change.isCut() || seen.add(change.offset() / SECTOR)) {
                first.add(change);
            }
        }
        return first;
    }

    private static List<RecordingChannel.Change> sectors(RecordingChannel.Change change) {
        List<RecordingChannel.Change> parts = new ArrayList<>();
        if (change.isCut() || change.isSync()) {
            parts.add(change);
        }
        for (int at = 0; at < change.bytes().length; ) {
            int length = (int) Math.min(change.bytes().length - at, SECTOR - (change.offset() + at) % SECTOR);
            byte[] bytes = new byte[length];
            System.arraycopy(change.bytes(), at, bytes, 0, length);
            parts.add(new RecordingChannel.Change(change.offset() + at, bytes, false, false));
            at += length;
        }
        return parts;
    }

    private static void apply(RecordingChannel.Change change, RandomAccessFile file) throws IOException {
        if (change.isCut()) {
            file.setLength(Math.min(file.length(), change.offset()));
        } else if (!change.isSync()) {
            file.seek(change.offset());
            file.write(change.bytes());
        }
    }
}
