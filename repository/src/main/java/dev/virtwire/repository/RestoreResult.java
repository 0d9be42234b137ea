// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A restore that is done: every file is complete, durable and equal to what was backed up.
 *
 * @param files the files, in the order of the disks, the domain XML and NVRAM last
 * @param bytesWritten bytes written to images
 * @param duration how long it took
 */
public record RestoreResult(List<Path> files, long bytesWritten, Duration duration) {
    /** Refuses a missing field. */
    public RestoreResult {
        files = List.copyOf(files);
        requireNonNull(duration, "duration");
    }
}
