// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static java.util.Objects.requireNonNull;

import dev.virtwire.backup.manifest.DomainIdentity;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A restore that is done: every file is complete, durable and equal to what was backed up.
 *
 * @param files the files, in the order of the disks, the domain XML and NVRAM last
 * @param bytesWritten bytes written to images
 * @param duration how long it took
 * @param defined the name and UUID of the domain that was defined, or null where none was
 * @param notices what the user should know, each one sentence: what the defined domain does not have
 */
public record RestoreResult(
        List<Path> files,
        long bytesWritten,
        Duration duration,
        @Nullable DomainIdentity defined,
        List<String> notices) {
    /** Refuses a missing field. */
    public RestoreResult {
        files = List.copyOf(files);
        requireNonNull(duration, "duration");
        notices = List.copyOf(notices);
    }
}
