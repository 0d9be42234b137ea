// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.config;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.BackupRequest;
import dev.virtwire.image.Compression;
import dev.virtwire.repository.manifest.Level;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the guests of a job are backed up: docs/command.md says what each setting does, under the option of its name.
 *
 * @param level null for as little as is safe
 * @param excludedDisks {@code TARGET} or {@code GUEST:TARGET}
 * @param bytesPerSecond what all guests of the job together may read, or 0 for no limit
 * @param parallel how many guests at the same time
 * @since 0.1
 */
public record BackupSettings(
        @Nullable Level level,
        Compression compression,
        List<String> excludedDisks,
        long bytesPerSecond,
        int parallel,
        boolean quiesce,
        boolean allowPlain,
        boolean ownStorage,
        boolean resume,
        Duration longestWait,
        Duration stallTimeout,
        @Nullable String scratch,
        @Nullable Long scratchLimit,
        @Nullable Long mediaLimit) {
    /** Copies the list. */
    public BackupSettings {
        excludedDisks = List.copyOf(excludedDisks);
    }

    /**
     * What is asked for of a guest, wherever it is.
     *
     * @throws BackupException if two settings contradict each other
     */
    public BackupRequest request(String guest) {
        BackupRequest request = BackupRequest.of(guest)
                .withCompression(compression)
                .withStallTimeout(stallTimeout)
                .waitingFor(longestWait);
        if (level != null) {
            request = request.withLevel(level);
        }
        for (String each : excludedDisks) {
            int colon = each.lastIndexOf(':');
            if (colon < 0 || each.substring(0, colon).equals(guest)) {
                request = request.withoutDisk(each.substring(colon + 1));
            }
        }
        if (quiesce) {
            request = request.quiescing();
        }
        if (allowPlain) {
            request = request.allowingPlain();
        }
        if (ownStorage) {
            request = request.onOwnStorage();
        }
        if (resume) {
            request = request.resuming();
        }
        if (scratch != null) {
            request = request.withScratchFolder(scratch);
        }
        if (scratchLimit != null) {
            request = request.withScratchLimit(scratchLimit);
        }
        return mediaLimit == null ? request : request.withMediaLimit(mediaLimit);
    }
}
