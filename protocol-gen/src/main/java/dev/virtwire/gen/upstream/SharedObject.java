// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import dev.virtwire.gen.table.TableException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The data of a shared object in ELF's form for 64 bits: where pointers stand, and what is at their ends. */
final class SharedObject {
    private static final int RELOCATIONS = 4; // SHT_RELA
    private static final int LOADED = 1; // PT_LOAD
    private static final int RELATIVE_AMD64 = 8;
    private static final int RELATIVE_ARM64 = 1027;

    private final ByteBuffer bytes;
    private final List<Segment> segments = new ArrayList<>();
    private final TreeMap<Long, Long> pointers = new TreeMap<>();

    private record Segment(long address, long offset, long size) {}

    private SharedObject(ByteBuffer bytes) {
        this.bytes = bytes;
    }

    /**
     * Reads a file.
     *
     * @throws TableException if it is no such object
     */
    static SharedObject read(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        // The magic, 64 bits, little end first.
        if (bytes.limit() < 64 || bytes.getInt(0) != 0x464c457f || bytes.get(4) != 2 || bytes.get(5) != 1) {
            throw new TableException(List.of(file + ": it is no shared object of 64 bits"));
        }
        SharedObject object = new SharedObject(bytes);
        try {
            object.readSegments();
            object.readRelocations();
        } catch (IndexOutOfBoundsException e) {
            throw new TableException(List.of(file + ": it is cut off"));
        }
        return object;
    }

    private void readSegments() {
        int start = Math.toIntExact(bytes.getLong(0x20));
        for (int i = 0; i < bytes.getShort(0x38); i++) {
            int at = start + 56 * i;
            if (bytes.getInt(at) == LOADED) {
                segments.add(new Segment(bytes.getLong(at + 16), bytes.getLong(at + 8), bytes.getLong(at + 32)));
            }
        }
    }

    private void readRelocations() {
        int start = Math.toIntExact(bytes.getLong(0x28));
        for (int i = 0; i < bytes.getShort(0x3c); i++) {
            int section = start + 64 * i;
            if (bytes.getInt(section + 4) == RELOCATIONS) {
                int from = Math.toIntExact(bytes.getLong(section + 24));
                int to = from + Math.toIntExact(bytes.getLong(section + 32));
                for (int at = from; at < to; at += 24) {
                    int type = (int) bytes.getLong(at + 8);
                    if (type == RELATIVE_AMD64 || type == RELATIVE_ARM64) {
                        pointers.put(bytes.getLong(at), bytes.getLong(at + 16));
                    }
                }
            }
        }
    }

    /** Where a pointer stands, in order. */
    Collection<Long> pointers() {
        return pointers.keySet();
    }

    /** The text to which the pointer at a place points; null if no text is there. */
    @Nullable
    String text(long place) {
        int at = offset(pointers.getOrDefault(place, -1L));
        if (at < 0) {
            return null;
        }
        int end = at;
        while (end < bytes.limit() && bytes.get(end) != 0) {
            if (bytes.get(end) < ' ') {
                return null;
            }
            end++;
        }
        byte[] text = new byte[end - at];
        bytes.get(at, text);
        return new String(text, StandardCharsets.US_ASCII);
    }

    /** The number at a place; −1 if nothing is there. */
    int number(long place) {
        int at = offset(place);
        return at < 0 || at + 4 > bytes.limit() ? -1 : bytes.getInt(at);
    }

    private int offset(long address) {
        return segments.stream()
                .filter(segment -> segment.address() <= address && address < segment.address() + segment.size())
                .mapToInt(segment -> Math.toIntExact(address - segment.address() + segment.offset()))
                .findFirst()
                .orElse(-1);
    }
}
