// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.damage;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.virtwire.repository.internal.digest.BlockTree;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * A run of bytes of a disk or a file.
 *
 * @param offset its first byte
 * @param length how many bytes it has
 */
public record ByteRange(
        @JsonProperty(required = true) long offset,
        @JsonProperty(required = true) long length) {
    /** More ranges than that are joined over the smallest gaps: rather too much counts as damaged than nothing. */
    private static final int MOST = 4096;

    /** Refuses what lies nowhere. */
    public ByteRange {
        if (offset < 0 || length < 0 || offset + length < 0) {
            throw new IllegalArgumentException("a range of " + length + " bytes at " + offset);
        }
    }

    /** The first byte behind it. */
    public long end() {
        return offset + length;
    }

    /** The bytes of these blocks of a disk of {@code size} bytes, neighbours together. */
    public static List<ByteRange> of(BitSet blocks, long size) {
        List<ByteRange> ranges = ranges(blocks, size, 1);
        for (int gap = 2; ranges.size() > MOST; gap *= 2) {
            ranges = ranges(blocks, size, gap);
        }
        return ranges;
    }

    private static List<ByteRange> ranges(BitSet blocks, long size, int gap) {
        List<ByteRange> ranges = new ArrayList<>();
        for (int first = blocks.nextSetBit(0); first >= 0; ) {
            int end = blocks.nextClearBit(first);
            int next = blocks.nextSetBit(end);
            while (next >= 0 && next - end < gap) {
                end = blocks.nextClearBit(next);
                next = blocks.nextSetBit(end);
            }
            long offset = (long) first * BlockTree.BLOCK;
            ranges.add(new ByteRange(offset, Math.min((long) end * BlockTree.BLOCK, size) - offset));
            first = next;
        }
        return List.copyOf(ranges);
    }

    /** All ranges of two lists, in their order, those that touch or overlap together. */
    static List<ByteRange> union(List<ByteRange> some, List<ByteRange> others) {
        List<ByteRange> all = new ArrayList<>(some);
        all.addAll(others);
        all.sort((one, other) -> Long.compare(one.offset, other.offset));
        List<ByteRange> joined = new ArrayList<>();
        for (ByteRange range : all) {
            ByteRange last = joined.isEmpty() ? null : joined.get(joined.size() - 1);
            if (last != null && range.offset <= last.end()) {
                long end = Math.max(last.end(), range.end());
                joined.set(joined.size() - 1, new ByteRange(last.offset, end - last.offset));
            } else {
                joined.add(range);
            }
        }
        return List.copyOf(joined);
    }

    /** {@code bytes 0 to 99}. */
    @Override
    public String toString() {
        return "bytes " + offset + " to " + (end() - 1);
    }
}
