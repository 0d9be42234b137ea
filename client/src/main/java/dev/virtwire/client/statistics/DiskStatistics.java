// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.statistics;

import dev.virtwire.client.params.TypedParameters;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A disk, or one of its backing files; each figure is empty if it is not told, as of a disk without a medium.
 *
 * @param name its target, such as {@code vda}
 * @param path the path of its file or device; empty if it has none
 * @param backingIndex which image of the disk's chain it is; empty if backing files were not asked for
 * @param readRequests how many reads
 * @param readBytes bytes read
 * @param readTime how long reads took, together
 * @param writeRequests how many writes
 * @param writeBytes bytes written
 * @param writeTime how long writes took, together
 * @param flushRequests how many flushes
 * @param flushTime how long flushes took, together
 * @param capacity what the guest sees, in bytes
 * @param allocation what is in use of its storage, in bytes
 * @param physical how long its file or device is, in bytes
 * @since 0.1
 */
public record DiskStatistics(
        String name,
        Optional<String> path,
        OptionalLong backingIndex,
        OptionalLong readRequests,
        OptionalLong readBytes,
        Optional<Duration> readTime,
        OptionalLong writeRequests,
        OptionalLong writeBytes,
        Optional<Duration> writeTime,
        OptionalLong flushRequests,
        Optional<Duration> flushTime,
        OptionalLong capacity,
        OptionalLong allocation,
        OptionalLong physical) {
    static DiskStatistics of(int index, TypedParameters disk) {
        return new DiskStatistics(
                disk.text("name").orElse(""),
                disk.text("path"),
                disk.number("backingIndex"),
                disk.number("rd.reqs"),
                disk.number("rd.bytes"),
                Durations.read(disk, "rd.times"),
                disk.number("wr.reqs"),
                disk.number("wr.bytes"),
                Durations.read(disk, "wr.times"),
                disk.number("fl.reqs"),
                Durations.read(disk, "fl.times"),
                disk.number("capacity"),
                disk.number("allocation"),
                disk.number("physical"));
    }
}
