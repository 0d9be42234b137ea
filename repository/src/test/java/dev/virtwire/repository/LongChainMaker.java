// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.chain.ChainLimit;
import dev.virtwire.repository.internal.chain.DiskChain;
import dev.virtwire.repository.internal.chain.RebasedDisk;
import dev.virtwire.repository.internal.copy.DiskCopy;
import dev.virtwire.repository.internal.copy.DiskStore;
import dev.virtwire.repository.internal.copy.MemoryDisk;
import dev.virtwire.repository.internal.digest.BlockTree;
import dev.virtwire.repository.internal.digest.LeafKind;
import dev.virtwire.repository.internal.digest.Leaves;
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
import dev.virtwire.repository.manifest.GuestState;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.ParentLink;
import dev.virtwire.repository.manifest.PointFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Makes one long chain of points of a domain "web1" with a small disk "vda". */
public final class LongChainMaker {
    private static final CopyMeter UNHEARD = new CopyMeter() {
        @Override
        public void passed(long bytes) {}

        @Override
        public void moved(long bytes) {}
    };

    private final DomainStore domain;
    private final Random random = new Random(17);
    private Instant clock = Instant.parse("2026-11-22T19:00:00Z");
    private MemoryDisk disk;
    private @Nullable Point newest;
    private DomainIdentity identity = Manifests.WEB1;
    private boolean limited;

    /** A chain in a new repository. */
    public LongChainMaker(Path folder, int diskSize) {
        this(folder, MemoryDisk.random(diskSize, new Random(17)));
    }

    /** A chain that begins with a disk. */
    public LongChainMaker(Path folder, MemoryDisk first) {
        domain = RepositoryStore.openOrCreate(folder, DurableFiles.PLAIN).domain("web1");
        domain.lock().close();
        disk = first;
    }

    /** From now on a chain that may not be longer is followed by a new base. */
    public LongChainMaker keepingToTheLimit() {
        limited = true;
        return this;
    }

    /** Points to come are of that domain. */
    public LongChainMaker of(DomainIdentity other) {
        identity = other;
        return this;
    }

    /** What the disk holds at the newest point. */
    public byte[] content() {
        return disk.content;
    }

    /** Makes that many points more; a few sectors change from each to the next. */
    public void points(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            Point below = newest;
            if (below != null && limited) {
                try (DiskChain chain =
                        DiskChain.openToBuildOn(domain, below, below.manifest().disk("vda"))) {
                    boolean longer = ChainLimit.in(domain.folder()).refusal(ChainLimit.Length.of(chain)) == null;
                    below = longer ? below : null;
                }
            }
            newest = point(below);
        }
    }

    private Point point(@Nullable Point parent) throws IOException {
        clock = clock.plusSeconds(60);
        Level level = parent == null ? Level.FULL : Level.INCREMENTAL;
        String id = Names.point(clock, level, 1);
        UnfinishedPoint point = new UnfinishedPoint(domain, id);
        point.create();
        byte[] xml = "<domain><name>web1</name></domain>\n".getBytes(StandardCharsets.UTF_8);
        point.write(Names.DOMAIN_XML, xml);
        PointFile file = new PointFile(PointFile.DOMAIN, Names.DOMAIN_XML, xml.length, Sha256.hex(Sha256.of(xml)));
        DiskStore.Parent below = null;
        if (parent != null) {
            below = new DiskStore.Parent("../" + parent.id() + "/vda.qcow2", new ContentLeaves(disk.content));
        }
        if (newest != null) {
            disk = disk.laterInOneSector(random);
        }
        DiskStore store = new DiskStore(point.folder(), new DiskCopy.Buffers(4), Runnable::run, UNHEARD, () -> false);
        DiskStore.Stored stored;
        try (MemoryDisk source = disk) {
            stored = parent == null && newest != null
                    ? newBase(store, source, newest)
                    : store.store(source, "vda", below);
        }
        ManifestDisk vda = new ManifestDisk(
                "vda",
                level,
                "a test",
                disk.size(),
                new DiskSource("file", "/images/vda", "qcow2", null),
                Names.checkpoint(domain.repositoryId(), id),
                stored.image(),
                stored.content(),
                stored.digests(),
                null);
        Manifest full = Manifests.full(domain.repositoryId(), id, file, List.of(vda));
        Point before = newest;
        return point.commit(new Manifest(
                full.format(),
                full.version(),
                full.writer(),
                full.repository(),
                id,
                identity,
                full.host(),
                full.mode(),
                level,
                full.outcome(),
                parent == null ? null : new ParentLink(parent.id(), parent.manifestSha256()),
                before == null ? null : new ParentLink(before.id(), before.manifestSha256()),
                full.checkpoint(),
                null,
                false,
                clock,
                clock.plusSeconds(5),
                List.of(vda),
                List.of(),
                full.files(),
                DomainXml.of(true, List.of()),
                null,
                GuestState.RUNNING,
                List.of()));
    }

    private DiskStore.Stored newBase(DiskStore store, MemoryDisk source, Point before) throws IOException {
        try (DiskChain chain =
                DiskChain.openToBuildOn(domain, before, before.manifest().disk("vda"))) {
            RebasedDisk base = RebasedDisk.of(source, chain);
            try {
                return store.store(base, "vda", null);
            } finally {
                base.closeParent();
            }
        }
    }

    /** The leaves of a disk that is known. */
    private static final class ContentLeaves implements Leaves {
        private final byte[] content;
        private long index;

        ContentLeaves(byte[] content) {
            this.content = content;
        }

        @Override
        public long count() {
            return BlockTree.blocks(content.length);
        }

        @Override
        public void seek(long to) {
            index = to;
        }

        @Override
        public LeafKind kind() {
            for (byte each : block()) {
                if (each != 0) {
                    return LeafKind.DATA;
                }
            }
            return LeafKind.ZERO;
        }

        @Override
        public long end() {
            return index + 1;
        }

        @Override
        public void digest(byte[] target) {
            System.arraycopy(Sha256.of(block()), 0, target, 0, BlockTree.DIGEST);
        }

        private byte[] block() {
            int begin = (int) (index * BlockTree.BLOCK);
            return Arrays.copyOfRange(content, begin, begin + BlockTree.BLOCK);
        }
    }
}
