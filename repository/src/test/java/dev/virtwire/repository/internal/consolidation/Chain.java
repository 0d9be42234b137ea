// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.consolidation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.image.Compression;
import dev.virtwire.image.ImageAccess;
import dev.virtwire.image.ImageChain;
import dev.virtwire.repository.ImageFormat;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.PointMaker;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RestoreRequest;
import dev.virtwire.repository.VerifyDepth;
import dev.virtwire.repository.VerifyReport;
import dev.virtwire.repository.VerifyRequest;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.copy.MemoryDisk;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.work.CopyMeter;
import dev.virtwire.repository.internal.work.RateLimit;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** Points of a domain with the disks vda and vdb, what each of them has to hold, and merges of them. */
final class Chain {
    private static final CopyMeter UNHEARD = new CopyMeter() {
        @Override
        public void passed(long bytes) {}

        @Override
        public void moved(long bytes) {}
    };

    final Path folder;
    final List<Point> points;
    private final Map<String, Map<String, byte[]>> truth;
    private final List<Map<String, MemoryDisk>> states = new ArrayList<>();
    private final PointMaker maker;
    private final Random random;
    private int restores;

    Chain(Path folder, Random random) {
        this(folder, random, new PointMaker(folder), new ArrayList<>(), new LinkedHashMap<>());
    }

    private Chain(
            Path folder, Random random, PointMaker maker, List<Point> points, Map<String, Map<String, byte[]>> truth) {
        this.folder = folder;
        this.random = random;
        this.maker = maker;
        this.points = points;
        this.truth = truth;
    }

    /** The same points, in a folder that shows the repository as well, or a copy of it. */
    Chain at(Path other) {
        return new Chain(other, random, maker, points, truth);
    }

    Chain compressing(Compression kind) {
        maker.compressing(kind);
        return this;
    }

    /** A full point, and {@code increments} on it, one on the other; their indexes begin at the number of points. */
    Chain grow(int size, int increments) throws IOException {
        Map<String, MemoryDisk> state = new LinkedHashMap<>();
        state.put("vda", MemoryDisk.random(size, random));
        state.put("vdb", MemoryDisk.random(size / 2, random));
        add(maker.full(state), state);
        for (int i = 0; i < increments; i++) {
            increment(points.size() - 1);
        }
        return this;
    }

    /** An increment on the point with this index. */
    int increment(int parent) throws IOException {
        return increment(parent, disk -> disk.later(random));
    }

    /** The same, of one sector of each disk. */
    int littleIncrement(int parent) throws IOException {
        return increment(parent, disk -> disk.laterInOneSector(random));
    }

    /** The same, of one whole block of 1 MiB of vda. */
    int blockIncrement(int parent, int block) throws IOException {
        byte[] bytes = new byte[1 << 20];
        random.nextBytes(bytes);
        Map<String, MemoryDisk> state = new LinkedHashMap<>(states.get(parent));
        state.replaceAll((target, disk) ->
                target.equals("vda") ? disk.written(block << 20, bytes) : disk.laterInOneSector(random));
        add(maker.increment(state, points.get(parent)), state);
        return points.size() - 1;
    }

    /** An increment in which the disks {@code full} stand alone. */
    int increment(int parent, Set<String> full) throws IOException {
        Map<String, MemoryDisk> state = new LinkedHashMap<>();
        states.get(parent)
                .forEach((target, disk) ->
                        state.put(target, full.contains(target) ? disk.untold() : disk.later(random)));
        add(maker.increment(state, points.get(parent), full), state);
        return points.size() - 1;
    }

    private int increment(int parent, UnaryOperator<MemoryDisk> change) throws IOException {
        Map<String, MemoryDisk> state = new LinkedHashMap<>();
        states.get(parent).forEach((target, disk) -> state.put(target, change.apply(disk)));
        add(maker.increment(state, points.get(parent)), state);
        return points.size() - 1;
    }

    private void add(Point point, Map<String, MemoryDisk> state) {
        points.add(point);
        states.add(state);
        Map<String, byte[]> contents = new LinkedHashMap<>();
        state.forEach((target, disk) -> contents.put(target, disk.content));
        truth.put(point.id(), contents);
    }

    String id(int index) {
        return points.get(index).id();
    }

    DomainStore store(DurableFiles files) {
        return RepositoryStore.open(folder, files).domain("web1");
    }

    Consolidator consolidator(DurableFiles files) {
        return new Consolidator(store(files), new RateLimit(0), UNHEARD);
    }

    /** Merges the points with these indexes into another. */
    void merge(int stays, int... run) {
        consolidator(DurableFiles.PLAIN).merge(id(stays), ids(run));
    }

    Set<String> ids(int... indexes) {
        return Set.copyOf(IntStream.of(indexes).mapToObj(this::id).toList());
    }

    Path image(int index, String target) {
        return folder.resolve("web1").resolve(id(index)).resolve(target + ".qcow2");
    }

    byte[] content(int index, String target) {
        return truth.get(id(index)).get(target);
    }

    /** All points that there are verify, at each depth, and restore to what they have to hold; these are they. */
    void requireRight(int... indexes) throws IOException {
        requireRight(List.of(VerifyDepth.values()), indexes);
        for (int index : indexes) {
            restore(index);
        }
    }

    /** All points that there are verify to these depths; these are they. */
    void requireRight(List<VerifyDepth> depths, int... indexes) throws IOException {
        Repository repository = Repository.open(folder);
        assertThat(repository.points("web1").damage()).isEmpty();
        assertThat(repository.points("web1").points())
                .extracting(Point::id)
                .containsExactlyElementsOf(
                        IntStream.of(indexes).mapToObj(this::id).toList());
        for (VerifyDepth depth : depths) {
            VerifyReport report = repository
                    .verify(VerifyRequest.everything().withDepth(depth), ProgressListener.NONE)
                    .join();
            assertThat(report.damage()).as("%s", depth).isEmpty();
            // Where nothing can be written, it cannot be written down that the points were verified.
            assertThat(report.notices())
                    .as("%s", depth)
                    .allMatch(notice -> !notice.isWarning()
                            && notice.text().startsWith("that points of domain web1 were verified is not recorded: "));
        }
    }

    void restore(int index) throws IOException {
        restore(index, ProgressListener.NONE);
    }

    /** What is restored is what the point has to hold, whatever the listener does. */
    void restore(int index, ProgressListener listener) throws IOException {
        Repository repository = Repository.open(folder);
        String id = id(index);
        Path out = folder.resolveSibling(folder.getFileName() + "-out-" + restores++);
        repository
                .restore(RestoreRequest.of(repository.point("web1", id), out).withFormat(ImageFormat.RAW), listener)
                .join();
        for (Map.Entry<String, byte[]> disk : truth.get(id).entrySet()) {
            Path image = out.resolve("web1-" + disk.getKey() + ".raw");
            assertThat(Files.readAllBytes(image))
                    .as("%s of %s", disk.getKey(), id)
                    .isEqualTo(disk.getValue());
            Files.delete(image);
        }
    }

    /** What plain image readers find where a point's image is. */
    byte[] read(int index, String target) throws IOException {
        return read(image(index, target));
    }

    static byte[] read(Path image) throws IOException {
        try (ImageChain chain = ImageChain.open(image, "qcow2", ImageAccess.anywhere())) {
            ByteBuffer content = ByteBuffer.allocate((int) chain.virtualSize());
            chain.read(0, content);
            return content.array();
        }
    }
}
