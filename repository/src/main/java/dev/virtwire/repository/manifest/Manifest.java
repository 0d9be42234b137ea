// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.manifest;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code manifest.json}: everything that a point says of itself. Written last, so that a point with a manifest is
 * complete.
 *
 * @param format always {@value #FORMAT}
 * @param version {@value #VERSION}; raised when an older reader would misunderstand what a newer writer wrote
 * @param writer the program and version that wrote it
 * @param repository the repository's id
 * @param point this point's id, which is its folder's name
 * @param domain whose disks these are
 * @param host where it ran
 * @param mode who moved the data
 * @param level full, incremental or differential
 * @param outcome {@code completed}, or {@code completed, unverified} after a push
 * @param parent the point that this one builds on, or null for a full one
 * @param previous the domain's newest point when this one was made, or null for the first
 * @param checkpoint the libvirt checkpoint made with this point, or null if none was made
 * @param checkpointReason why none was made, or null where one was
 * @param quiesced whether the guest's file systems were frozen at the point
 * @param began when the host was asked to begin, in UTC: the disks' state is of this moment
 * @param completed when the last byte was safe, in UTC
 * @param disks the disks in it
 * @param excluded the domain's other disks, each with the reason
 * @param files all files of the point but images and digests
 * @param domainXml what is in the saved domain XML
 * @param nvram the UEFI variables, or null for a domain without
 * @param guestState how the guest stood meanwhile
 * @param replaces the SHA-256 of each manifest that this one took the place of, because earlier points were merged into
 *     this one: a link that names one of them means this point
 * @since 0.1
 */
public record Manifest(
        String format,
        @JsonProperty(required = true) int version,
        String writer,
        String repository,
        String point,
        DomainIdentity domain,
        HostIdentity host,
        Mode mode,
        Level level,
        String outcome,
        @Nullable ParentLink parent,
        @Nullable ParentLink previous,
        @Nullable String checkpoint,
        @Nullable String checkpointReason,
        @JsonProperty(required = true) boolean quiesced,
        Instant began,
        Instant completed,
        List<ManifestDisk> disks,
        List<ExcludedDisk> excluded,
        List<PointFile> files,
        DomainXml domainXml,
        @Nullable Nvram nvram,
        GuestState guestState,
        List<String> replaces) {
    /** What {@link #format} says. */
    public static final String FORMAT = "virtwire-manifest";

    /** The version that this program writes. */
    public static final int VERSION = 1;

    /** The outcome of a point whose every byte is accounted for. */
    public static final String COMPLETED = "completed";

    /** The outcome of a push: nobody has read back what the host wrote. */
    public static final String COMPLETED_UNVERIFIED = "completed, unverified";

    /** Refuses a missing field. */
    public Manifest {
        requireNonNull(format, "format");
        requireNonNull(writer, "writer");
        requireNonNull(repository, "repository");
        requireNonNull(point, "point");
        requireNonNull(domain, "domain");
        requireNonNull(host, "host");
        requireNonNull(mode, "mode");
        requireNonNull(level, "level");
        requireNonNull(outcome, "outcome");
        requireNonNull(began, "began");
        requireNonNull(completed, "completed");
        disks = List.copyOf(disks);
        excluded = List.copyOf(excluded);
        files = List.copyOf(files);
        requireNonNull(domainXml, "domainXml");
        // Programs that backed up running guests only wrote no such field.
        guestState = guestState == null ? GuestState.RUNNING : guestState;
        // Programs that merged no points wrote no such field.
        replaces = replaces == null ? List.of() : List.copyOf(replaces);
    }

    /**
     * What the point says of itself after earlier points were merged into it.
     *
     * @param sha256 the SHA-256 of this manifest, which the new one replaces
     * @param base the point that it builds on from now on, or null for none
     * @param before the point before it from now on, or null for none
     * @param merged its disks
     */
    public Manifest merged(
            String sha256, @Nullable ParentLink base, @Nullable ParentLink before, List<ManifestDisk> merged) {
        List<String> replaced = new ArrayList<>(replaces);
        replaced.add(sha256);
        return new Manifest(
                format,
                version,
                writer,
                repository,
                point,
                domain,
                host,
                mode,
                base == null ? Level.FULL : level,
                outcome,
                base,
                before,
                checkpoint,
                checkpointReason,
                quiesced,
                began,
                completed,
                merged,
                excluded,
                files,
                domainXml,
                nvram,
                guestState,
                replaced);
    }

    /** The disks and drives of the domain of which the point has nothing, not even the medium. */
    public List<ExcludedDisk> lacking() {
        return excluded.stream()
                .filter(disk -> file(PointFile.medium(disk.target())) == null)
                .toList();
    }

    /** The file with this role, or null if the point has none. */
    public @Nullable PointFile file(String role) {
        return files.stream()
                .filter(file -> file.role().equals(role))
                .findFirst()
                .orElse(null);
    }

    /** The disk with this target name, or null if the point has none. */
    public @Nullable ManifestDisk disk(String target) {
        return disks.stream()
                .filter(disk -> disk.target().equals(target))
                .findFirst()
                .orElse(null);
    }
}
