// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import dev.virtwire.image.Compression;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.chain.DiskChain;
import dev.virtwire.repository.internal.copy.DiskCopy;
import dev.virtwire.repository.internal.copy.DiskStore;
import dev.virtwire.repository.internal.copy.MemoryDisk;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Sha256;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.Manifests;
import dev.virtwire.repository.internal.unfinished.UnfinishedPoint;
import dev.virtwire.repository.internal.work.CopyMeter;
import dev.virtwire.repository.manifest.DiskSource;
import dev.virtwire.repository.manifest.DomainIdentity;
import dev.virtwire.repository.manifest.DomainXml;
import dev.virtwire.repository.manifest.ExcludedDisk;
import dev.virtwire.repository.manifest.GuestState;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.Mode;
import dev.virtwire.repository.manifest.ParentLink;
import dev.virtwire.repository.manifest.PointFile;
import dev.virtwire.repository.manifest.PushedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;

/** Makes points of a domain "web1" out of disks in memory, without a host. */
public final class PointMaker {
    private static final Executor HERE = Runnable::run;
    private static final CopyMeter UNHEARD = new CopyMeter() {
        @Override
        public void passed(long bytes) {}

        @Override
        public void moved(long bytes) {}
    };

    private final DomainStore domain;
    private final List<ExcludedDisk> excluded = new ArrayList<>();
    private final Set<String> standingAlone = new HashSet<>();
    private Compression compression = Compression.NONE;
    private Instant clock = Instant.parse("2026-11-22T19:00:00Z");
    private DomainIdentity identity = Manifests.WEB1;
    private boolean bitmaps;

    public PointMaker(Path folder) {
        domain = RepositoryStore.openOrCreate(folder, DurableFiles.PLAIN).domain("web1");
        domain.lock().close();
    }

    /** How the images of points to come are compressed. */
    public PointMaker compressing(Compression kind) {
        compression = kind;
        return this;
    }

    /** Points to come are of that domain. */
    public PointMaker of(DomainIdentity other) {
        identity = other;
        return this;
    }

    /** A full point of these disks. */
    public Point full(Map<String, MemoryDisk> disks) throws IOException {
        return make(disks, null);
    }

    /** From now on each disk has a bitmap. */
    public void withBitmaps() {
        bitmaps = true;
    }

    /** From now on the domain has this disk, and no point does. */
    public void excluding(String target) {
        excluded.add(new ExcludedDisk(target, "a test"));
    }

    /** The description of a push of this disk. */
    public Point pushed(String target) throws IOException {
        clock = clock.plusSeconds(60);
        String id = domain.newPointId(clock, Level.FULL);
        ManifestDisk disk = new ManifestDisk(
                target,
                Level.FULL,
                "a test",
                1 << 20,
                new DiskSource("file", "/images/" + target, "qcow2", null),
                null,
                null,
                null,
                null,
                new PushedImage("node1", "/pushed/" + target, "qcow2", "no", null));
        PointFile xml = writeDomain(id);
        return commit(Mode.PUSH, Manifest.COMPLETED_UNVERIFIED, id, xml, null, List.of(disk));
    }

    /** An increment; the disks tell what changed. */
    public Point increment(Map<String, MemoryDisk> disks, Point parent) throws IOException {
        return make(disks, parent);
    }

    /** An increment in which the disks {@code full} stand alone, as after damage. */
    public Point increment(Map<String, MemoryDisk> disks, Point parent, Set<String> full) throws IOException {
        standingAlone.addAll(full);
        try {
            return make(disks, parent);
        } finally {
            standingAlone.clear();
        }
    }

    private Point make(Map<String, MemoryDisk> disks, Point parent) throws IOException {
        clock = clock.plusSeconds(60);
        Level level = parent == null ? Level.FULL : Level.INCREMENTAL;
        String id = domain.newPointId(clock, level);
        PointFile xml = writeDomain(id);
        DiskStore store = new DiskStore(domain.partial(id), new DiskCopy.Buffers(4), HERE, UNHEARD, () -> false)
                .compressing(compression);
        List<ManifestDisk> stored = new ArrayList<>();
        for (Map.Entry<String, MemoryDisk> disk : disks.entrySet()) {
            boolean alone = standingAlone.contains(disk.getKey());
            stored.add(store(
                    store, disk.getKey(), disk.getValue(), alone ? null : parent, alone ? Level.FULL : level, id));
        }
        return commit(Mode.PULL, Manifest.COMPLETED, id, xml, parent, stored);
    }

    private PointFile writeDomain(String id) throws IOException {
        byte[] xml = "<domain><name>web1</name></domain>\n".getBytes(StandardCharsets.UTF_8);
        UnfinishedPoint point = new UnfinishedPoint(domain, id);
        point.create();
        point.write(Names.DOMAIN_XML, xml);
        return new PointFile(PointFile.DOMAIN, Names.DOMAIN_XML, xml.length, Sha256.hex(Sha256.of(xml)));
    }

    private Point commit(Mode mode, String outcome, String id, PointFile xml, Point parent, List<ManifestDisk> stored)
            throws IOException {
        Manifest full = Manifests.full(domain.repositoryId(), id, xml, stored);
        Point newest = domain.points().newest();
        return new UnfinishedPoint(domain, id)
                .commit(new Manifest(
                        full.format(),
                        full.version(),
                        full.writer(),
                        full.repository(),
                        id,
                        identity,
                        full.host(),
                        mode,
                        parent == null ? Level.FULL : Level.INCREMENTAL,
                        outcome,
                        parent == null ? null : new ParentLink(parent.id(), parent.manifestSha256()),
                        newest == null ? null : new ParentLink(newest.id(), newest.manifestSha256()),
                        full.checkpoint(),
                        null,
                        false,
                        clock,
                        clock.plusSeconds(5),
                        stored,
                        excluded,
                        full.files(),
                        DomainXml.of(true, List.of()),
                        null,
                        GuestState.RUNNING,
                        List.of()));
    }

    private ManifestDisk store(DiskStore store, String target, MemoryDisk disk, Point parent, Level level, String id)
            throws IOException {
        try (disk) {
            DiskStore.Stored result;
            if (parent == null) {
                result = store.store(disk, target, null);
            } else {
                ManifestDisk below = parent.manifest().disk(target);
                try (DiskChain chain = DiskChain.open(domain, parent, below)) {
                    String backing = "../" + parent.id() + "/" + Names.image(target);
                    result = store.store(disk, target, new DiskStore.Parent(backing, chain.leaves()));
                }
            }
            return new ManifestDisk(
                    target,
                    level,
                    "a test",
                    disk.size(),
                    new DiskSource("file", "/images/" + target, "qcow2", null),
                    bitmaps ? Names.checkpoint(domain.repositoryId(), id) : null,
                    result.image(),
                    result.content(),
                    result.digests(),
                    null);
        }
    }
}
