// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.journal;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.virtwire.repository.manifest.DomainIdentity;
import dev.virtwire.repository.manifest.HostIdentity;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Mode;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is in progress, written before the host is asked to begin: all that it may leave behind anywhere.
 *
 * @param format always {@value #FORMAT}
 * @param version {@value #VERSION}; {@value #NEWEST_VERSION} if a clone serves the disks; 1 in an entry of a program
 *     that gave no random names
 * @param repository the repository's id
 * @param point the point that is being made
 * @param writer the program, process and host that wrote this
 * @param started when, in UTC
 * @param domain whose backup
 * @param host where it runs
 * @param mode pull or push
 * @param level what the point is to be; null in an entry of a program that made full points only
 * @param parent the point that it builds on, or null for none
 * @param keepFullCheckpoint whether the last full point's checkpoint stays on the host when this point exists
 * @param checkpoint the checkpoint that begin creates, or null for none
 * @param socket the NBD export's socket on the host, or null for none
 * @param scratch scratch files on the host
 * @param pushed images that the host writes in push mode, there
 * @param frozenId the id of the running domain while the guest's file systems may be frozen, or null
 * @param random the part of the names on the host that nobody can foretell, or null in an entry of version 1
 * @param servedBy the domain that serves the disks of one that is off, or null for one that runs
 */
public record JournalEntry(
        String format,
        @JsonProperty(required = true) int version,
        String repository,
        String point,
        String writer,
        Instant started,
        DomainIdentity domain,
        HostIdentity host,
        Mode mode,
        @Nullable Level level,
        @Nullable String parent,
        boolean keepFullCheckpoint,
        @Nullable String checkpoint,
        @Nullable String socket,
        List<String> scratch,
        List<String> pushed,
        @Nullable Integer frozenId,
        @Nullable String random,
        @Nullable DomainClone servedBy) {
    /** What {@link #format} says. */
    public static final String FORMAT = "virtwire-journal";

    /** The version that this program writes if there is no clone. */
    public static final int VERSION = 2;

    /** The newest that it reads. It is written if there is a clone, which older programs would leave there. */
    public static final int NEWEST_VERSION = 3;

    /** Refuses a missing field. */
    public JournalEntry {
        requireNonNull(format, "format");
        requireNonNull(repository, "repository");
        requireNonNull(point, "point");
        requireNonNull(writer, "writer");
        requireNonNull(started, "started");
        requireNonNull(domain, "domain");
        requireNonNull(host, "host");
        requireNonNull(mode, "mode");
        scratch = List.copyOf(scratch);
        pushed = List.copyOf(pushed);
    }

    /** The same for a backup that the host has refused, so that it has not written an image. */
    public JournalEntry withoutImages() {
        return with(List.of(), frozenId);
    }

    /** The same while the file systems of the running domain of that id may be frozen, or null for not any more. */
    public JournalEntry withFrozen(@Nullable Integer id) {
        return with(pushed, id);
    }

    private JournalEntry with(List<String> newPushed, @Nullable Integer newFrozenId) {
        return new JournalEntry(
                format,
                version,
                repository,
                point,
                writer,
                started,
                domain,
                host,
                mode,
                level,
                parent,
                keepFullCheckpoint,
                checkpoint,
                socket,
                scratch,
                newPushed,
                newFrozenId,
                random,
                servedBy);
    }
}
