// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.unfinished;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.virtwire.repository.manifest.DomainXml;
import dev.virtwire.repository.manifest.ExcludedDisk;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Nvram;
import dev.virtwire.repository.manifest.ParentLink;
import dev.virtwire.repository.manifest.PointFile;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a point from the moment when its backup has begun on the host, and does not change until it is
 * finished.
 *
 * @param format always {@value #FORMAT}
 * @param version {@value #VERSION}
 * @param point its id
 * @param asked what the user asked for
 * @param domainId the id under which the domain runs, or null if it has none
 * @param began when the host was asked to begin, in UTC
 * @param port the port of the NBD export, or 0 for a socket
 * @param level the point's level
 * @param parent the point that it builds on, or null
 * @param checkpoint the checkpoint that was made with it, or null
 * @param disks the disks in it
 * @param excluded the domain's other disks
 * @param files all files of the point but images and digests, which are written
 * @param domainXml what is in the saved domain XML
 * @param nvram the UEFI variables, or null for a domain without
 * @param tpmState whether the domain has an emulated TPM
 * @param frozenMillis how long the guest's file systems were frozen at most, or null if they were not
 */
public record BegunPoint(
        String format,
        @JsonProperty(required = true) int version,
        String point,
        AskedFor asked,
        @Nullable Integer domainId,
        Instant began,
        @JsonProperty(required = true) int port,
        Level level,
        @Nullable ParentLink parent,
        @Nullable String checkpoint,
        List<BegunDisk> disks,
        List<ExcludedDisk> excluded,
        List<PointFile> files,
        DomainXml domainXml,
        @Nullable Nvram nvram,
        @JsonProperty(required = true) boolean tpmState,
        @Nullable Long frozenMillis) {
    /** What {@link #format} says. */
    public static final String FORMAT = "virtwire-begun";

    /** The version that this program writes and reads. */
    public static final int VERSION = 2;

    /** Refuses a missing field. */
    public BegunPoint {
        requireNonNull(format, "format");
        requireNonNull(point, "point");
        requireNonNull(asked, "asked");
        requireNonNull(began, "began");
        requireNonNull(level, "level");
        disks = List.copyOf(disks);
        excluded = List.copyOf(excluded);
        files = List.copyOf(files);
        requireNonNull(domainXml, "domainXml");
    }
}
