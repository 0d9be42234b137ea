// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A restore that is done: every file is complete and durable, and every byte of a disk is as it was backed up, but for
 * what {@code lost} names.
 *
 * @param files the files, in the order of the disks, the domain XML and NVRAM last
 * @param bytesWritten bytes written to images
 * @param duration how long it took
 * @param lost what of the disks is zeros because it cannot be given back; only if the request salvages
 * @param damage what is damaged in the repository's files, whether the disks needed it or not
 * @param notices what the user should know besides, each one sentence
 * @since 0.1
 */
public record RestoreResult(
        List<Path> files,
        long bytesWritten,
        Duration duration,
        List<LostRange> lost,
        List<Finding> damage,
        List<Notice> notices) {
    /** Refuses a missing field. */
    public RestoreResult {
        files = List.copyOf(files);
        requireNonNull(duration, "duration");
        lost = List.copyOf(lost);
        damage = List.copyOf(damage);
        notices = List.copyOf(notices);
    }
}
