// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the disks of a domain held at its points, as text: {@code domain NAME}, {@code disk TARGET SIZE}, and then
 * {@code point ID} with the writes before it, {@code write TARGET OFFSET LENGTH VALUE}; each point starts from the one
 * above it.
 *
 * @param domain the domain's name
 * @param sizes the disks' sizes
 * @param writes by point, in order, all that was written up to it
 */
record KeptTruth(String domain, Map<String, Integer> sizes, Map<String, List<Write>> writes) {
    /** A part of a disk that holds one value. */
    record Range(int offset, int length, int value) {}

    /** A range of a disk that was written. */
    record Write(String target, Range range) {}

    static KeptTruth read(Path file) throws IOException {
        String domain = "";
        Map<String, Integer> sizes = new LinkedHashMap<>();
        Map<String, List<Write>> writes = new LinkedHashMap<>();
        List<Write> current = List.of();
        for (String line : Files.readAllLines(file)) {
            String[] words = line.strip().split(" ");
            switch (words[0]) {
                case "domain" -> domain = words[1];
                case "disk" -> sizes.put(words[1], Integer.decode(words[2]));
                case "point" -> {
                    current = new ArrayList<>(current);
                    writes.put(words[1], current);
                }
                case "write" ->
                    current.add(new Write(
                            words[1],
                            new Range(Integer.decode(words[2]), Integer.decode(words[3]), Integer.decode(words[4]))));
                default -> throw new IllegalArgumentException(file + ": " + line);
            }
        }
        return new KeptTruth(domain, sizes, writes);
    }

    List<String> points() {
        return List.copyOf(writes.keySet());
    }

    /** The truth of one more point, that holds what the newest holds. */
    KeptTruth as(String point) {
        Map<String, List<Write>> more = new LinkedHashMap<>(writes);
        more.put(point, writes.get(points().get(writes.size() - 1)));
        return new KeptTruth(domain, sizes, more);
    }

    /** The newest point holds this as well. */
    KeptTruth and(String target, Range range) {
        String newest = points().get(writes.size() - 1);
        List<Write> more = new ArrayList<>(writes.get(newest));
        more.add(new Write(target, range));
        Map<String, List<Write>> changed = new LinkedHashMap<>(writes);
        changed.put(newest, more);
        return new KeptTruth(domain, sizes, changed);
    }

    byte[] disk(String point, String target) {
        byte[] content = new byte[sizes.get(target)];
        for (Write write : writes.get(point)) {
            if (write.target().equals(target)) {
                Range range = write.range();
                Arrays.fill(content, range.offset(), range.offset() + range.length(), (byte) range.value());
            }
        }
        return content;
    }
}
