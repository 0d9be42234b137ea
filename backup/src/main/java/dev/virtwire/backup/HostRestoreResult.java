// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static java.util.Objects.requireNonNull;

import dev.virtwire.client.storage.StorageVolume;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.LostRange;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.manifest.DomainIdentity;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A restore to a host that is done: every file is complete and durable, of every volume the host has confirmed every
 * byte, and every byte of a disk is as it was backed up, but for what {@code lost} names.
 *
 * @param files the files, in the order of the disks, the domain XML and NVRAM last; none in a pool
 * @param volumes the volumes, in the order of the disks, UEFI variables last; none in a folder
 * @param bytesWritten bytes written or sent, holes left out
 * @param duration how long it took
 * @param defined the name and UUID of the domain that was defined, or null if none was defined
 * @param lost what of the disks is zeros because it cannot be given back; only if the request salvages
 * @param damage what is damaged in the repository's files, whether the disks needed it or not
 * @param notices what the user should know, each one sentence: what the defined domain does not have
 * @since 0.1
 */
public record HostRestoreResult(
        List<Path> files,
        List<StorageVolume> volumes,
        long bytesWritten,
        Duration duration,
        @Nullable DomainIdentity defined,
        List<LostRange> lost,
        List<Finding> damage,
        List<Notice> notices) {
    /** Refuses a missing field. */
    public HostRestoreResult {
        files = List.copyOf(files);
        volumes = List.copyOf(volumes);
        requireNonNull(duration, "duration");
        lost = List.copyOf(lost);
        damage = List.copyOf(damage);
        notices = List.copyOf(notices);
    }
}
