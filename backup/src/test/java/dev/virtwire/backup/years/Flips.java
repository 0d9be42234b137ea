// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.years;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

/** Flips bits of files in a repository, and some of them back. */
final class Flips {
    /** What is flipped in. */
    enum Kind {
        IMAGE,
        DIGESTS,
        MANIFEST
    }

    /**
     * One bit that is not what it was.
     *
     * @param day when
     * @param kind in what
     * @param point of which point, at that time
     * @param target of which disk, or nothing
     * @param file where
     * @param offset which byte of it
     * @param mask which bit of that
     */
    record Flip(int day, Kind kind, String point, String target, Path file, long offset, int mask) {
        void apply() throws IOException {
            try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
                open.seek(offset);
                int value = open.read();
                open.seek(offset);
                open.write(value ^ mask);
            }
        }

        @Override
        public String toString() {
            return "day %d, %s of %s %s, bit mask %d of byte %d"
                    .formatted(day, kind.name().toLowerCase(), point, target, mask, offset);
        }
    }

    private final Random random;
    private final List<Flip> all = new ArrayList<>();
    private final List<Flip> toHeal = new ArrayList<>();

    Flips(Random random) {
        this.random = random;
    }

    List<Flip> all() {
        return all;
    }

    /** Flips a bit of a point in this folder. */
    Flip flip(int day, Path point, Kind kind) throws IOException {
        String target = random.nextInt(4) == 0 ? "vdb" : "vda";
        Path file = point.resolve(
                switch (kind) {
                    case IMAGE -> target + ".qcow2";
                    case DIGESTS -> target + ".digests";
                    case MANIFEST -> "manifest.json";
                });
        long size = Files.size(file);
        long offset = random.nextInt(8) == 0 ? random.nextLong(Math.min(size, 1 << 20)) : random.nextLong(size);
        Flip flip = new Flip(
                day,
                kind,
                point.getFileName().toString(),
                kind == Kind.MANIFEST ? "" : target,
                file,
                offset,
                1 << random.nextInt(8));
        flip.apply();
        all.add(flip);
        if (kind == Kind.MANIFEST) {
            toHeal.add(flip);
        }
        return flip;
    }

    /** The disks with damaged images and damaged digest files, perhaps of one chain. */
    Set<String> unproven() {
        Set<String> unproven = targets(Kind.DIGESTS);
        unproven.retainAll(targets(Kind.IMAGE));
        return unproven;
    }

    private Set<String> targets(Kind kind) {
        return all.stream()
                .filter(flip -> flip.kind() == kind)
                .map(Flip::target)
                .collect(Collectors.toCollection(HashSet::new));
    }

    /** Whether a manifest is not what it was. */
    boolean isManifestDamaged() {
        return !toHeal.isEmpty();
    }

    /** Flips back what somebody has a copy of: manifests. Returns how many there were. */
    int heal() throws IOException {
        int healed = toHeal.size();
        for (Flip flip : toHeal) {
            flip.apply();
            all.remove(flip);
        }
        toHeal.clear();
        return healed;
    }
}
