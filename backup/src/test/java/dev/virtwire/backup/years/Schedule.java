// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.years;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** What happens on which day, besides what happens on each. */
final class Schedule {
    /** What happens now and then, each so many times in five years, and once at least. */
    enum Event {
        /** The guest ends and starts again. */
        RESTART(20),
        /** QEMU dies between two backups. */
        QEMU_CRASH(20),
        /** QEMU dies in the middle of a backup. */
        QEMU_CRASH_IN_BACKUP(15),
        /** libvirtd dies in the middle of a backup. */
        LIBVIRTD_CRASH(20),
        /** The program that makes a backup dies. */
        CLIENT_CRASH(50),
        /** The guest moves to the other host. */
        MOVE(20),
        /** A bit is flipped in an image, and found by the next verification. */
        FLIP_IN_IMAGE(16),
        /** The same in a digest file. */
        FLIP_IN_DIGESTS(8),
        /** The same in a manifest, of which there is a copy somewhere. */
        FLIP_IN_MANIFEST(6),
        /** The guest works elsewhere on its disks from now on. */
        CHANGE_OF_HABITS(30),
        /** All that is stored is read. */
        VERIFY(60),
        /** A point is restored. */
        RESTORE(90);

        private final int times;

        Event(int times) {
            this.times = times;
        }
    }

    private static final int YEARS = 1825;
    /** How many times as often all of it happens, for who looks for faults. */
    private static final int OFTEN = Integer.getInteger("years.often", 1);
    /** The first backups, and the last, are made in peace. */
    private static final int PEACE = 6;

    private final List<Set<Event>> days = new ArrayList<>();

    /** For so many days. */
    Schedule(int count, Random random) {
        for (int i = 0; i < count; i++) {
            days.add(EnumSet.noneOf(Event.class));
        }
        Map<Event, Integer> left = new EnumMap<>(Event.class);
        for (Event event : Event.values()) {
            left.put(event, Math.max(1, event.times * OFTEN * count / YEARS));
        }
        left.forEach((event, times) -> {
            for (int i = 0; i < times; i++) {
                days.get(PEACE + random.nextInt(count - 2 * PEACE)).add(event);
            }
        });
    }

    Set<Event> of(int day) {
        return days.get(day);
    }
}
