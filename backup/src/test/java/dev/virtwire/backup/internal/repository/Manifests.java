// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.repository;

import dev.virtwire.backup.manifest.DomainIdentity;
import dev.virtwire.backup.manifest.DomainXml;
import dev.virtwire.backup.manifest.HostIdentity;
import dev.virtwire.backup.manifest.Level;
import dev.virtwire.backup.manifest.Manifest;
import dev.virtwire.backup.manifest.ManifestDisk;
import dev.virtwire.backup.manifest.Mode;
import dev.virtwire.backup.manifest.StoredFile;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** Manifests for tests: valid ones, of a domain "web1". */
public final class Manifests {
    public static final DomainIdentity WEB1 =
            new DomainIdentity("web1", UUID.fromString("0ddf9b4e-77e8-4e3a-9b4c-2f7d4c8f7a11"));

    public static final HostIdentity HOST = new HostIdentity("node1", "qemu:///system", "9.0.0", "7.2.15");

    private Manifests() {}

    public static Manifest full(String repository, String point, StoredFile domainXml, List<ManifestDisk> disks) {
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
                Names.onHost(repository, point),
                null,
                false,
                Instant.parse("2026-11-22T19:00:00.123Z"),
                Instant.parse("2026-11-22T19:05:00Z"),
                disks,
                List.of(),
                new DomainXml(domainXml, true, List.of()),
                null);
    }
}
