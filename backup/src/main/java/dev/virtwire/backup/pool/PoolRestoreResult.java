// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.pool;

import static java.util.Objects.requireNonNull;

import dev.virtwire.backup.manifest.DomainIdentity;
import dev.virtwire.client.storage.StorageVolume;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A restore into a pool that is done: the host has confirmed every byte of every volume.
 *
 * @param volumes the volumes, in the order of the disks, UEFI variables last
 * @param bytesWritten bytes sent, holes left out
 * @param duration how long it took
 * @param defined the name and UUID of the domain that was defined, or null where none was
 * @param notices what the user should know, each one sentence
 * @since 0.1
 */
public record PoolRestoreResult(
        List<StorageVolume> volumes,
        long bytesWritten,
        Duration duration,
        @Nullable DomainIdentity defined,
        List<String> notices) {
    /** Refuses a missing field. */
    public PoolRestoreResult {
        volumes = List.copyOf(volumes);
        requireNonNull(duration, "duration");
        notices = List.copyOf(notices);
    }
}
