// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.store;

import dev.virtwire.repository.Point;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.manifest.DomainIdentity;
import dev.virtwire.repository.manifest.DomainXml;
import dev.virtwire.repository.manifest.GuestState;
import dev.virtwire.repository.manifest.HostIdentity;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.Mode;
import dev.virtwire.repository.manifest.ParentLink;
import dev.virtwire.repository.manifest.PointFile;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** Manifests for tests: valid ones, of a domain "web1". */
public final class Manifests {
    public static final DomainIdentity WEB1 =
            new DomainIdentity("web1", UUID.fromString("0ddf9b4e-77e8-4e3a-9b4c-2f7d4c8f7a11"));

    public static final HostIdentity HOST =
            new HostIdentity("node1", "qemu:///system", "9.0.0", "7.2.15", "0c5c4c2e-6a4f-4b2e-8f55-3d1a2b7e9c10");

    private Manifests() {}

    /** The same as made after {@code before}, at an earlier time by the clock. */
    public static Manifest after(Point before, Manifest manifest) {
        return new Manifest(
                manifest.format(),
                manifest.version(),
                manifest.writer(),
                manifest.repository(),
                manifest.point(),
                manifest.domain(),
                manifest.host(),
                manifest.mode(),
                manifest.level(),
                manifest.outcome(),
                manifest.parent(),
                new ParentLink(before.id(), before.manifestSha256()),
                manifest.checkpoint(),
                manifest.checkpointReason(),
                manifest.quiesced(),
                before.manifest().began().minusSeconds(60),
                manifest.completed(),
                manifest.disks(),
                manifest.excluded(),
                manifest.files(),
                manifest.domainXml(),
                manifest.nvram(),
                GuestState.RUNNING,
                List.of());
    }

    public static Manifest full(String repository, String point, PointFile domainXml, List<ManifestDisk> disks) {
        return new Manifest(
                Manifest.FORMAT,
                Manifest.VERSION,
                "virtwire test",
                repository,
                point,
                WEB1,
                HOST,
                Mode.PULL,
                Level.FULL,
                Manifest.COMPLETED,
                null,
                null,
                Names.checkpoint(repository, point),
                null,
                false,
                Instant.parse("2026-11-22T19:00:00.123Z"),
                Instant.parse("2026-11-22T19:05:00Z"),
                disks,
                List.of(),
                List.of(domainXml),
                DomainXml.of(true, List.of()),
                null,
                GuestState.RUNNING,
                List.of());
    }
}
