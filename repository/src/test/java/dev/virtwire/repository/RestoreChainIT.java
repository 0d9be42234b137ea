// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.repository.internal.copy.MemoryDisk;
import dev.virtwire.repository.internal.format.DurableFiles;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Chains restored as chains, and restores that end early. */
class RestoreChainIT {
    @TempDir
    Path folder;

    private final Tools tools = new Tools();
    private final Random random = new Random(31);
    private final List<Map<String, MemoryDisk>> states = new ArrayList<>();
    private final List<Point> points = new ArrayList<>();
    private Repository repository;
    private Path out;

    @BeforeEach
    void makeThreePoints() throws IOException {
        PointMaker maker = new PointMaker(folder.resolve("backups"));
        states.add(Map.of("vda", MemoryDisk.random(6 << 20, random), "vdb", MemoryDisk.random(1_049_088, random)));
        points.add(maker.full(states.get(0)));
        for (int i = 0; i < 2; i++) {
            Map<String, MemoryDisk> before = states.get(i);
            states.add(Map.of(
                    "vda", before.get("vda").later(random),
                    "vdb", before.get("vdb").later(random)));
            points.add(maker.increment(states.get(i + 1), points.get(i)));
        }
        repository = Repository.open(folder.resolve("backups"));
        out = folder.resolve("out");
    }

    private static Set<String> files(Path folder) throws IOException {
        try (Stream<Path> walk = Files.walk(folder)) {
            return Set.copyOf(walk.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString())
                    .toList());
        }
    }

    @Test
    void theImagesBuildOnEachOtherWithoutTheRepository() throws Exception {
        List<Progress> heard = new ArrayList<>();
        RestoreResult result = repository
                .restore(RestoreRequest.of(points.get(2), out).asChain(), heard::add)
                .join();
        Progress last = heard.get(heard.size() - 1);
        assertThat(last.bytesDone()).isEqualTo(last.bytesTotal()).isPositive();

        List<String> expected = new ArrayList<>(List.of("web1-domain.xml"));
        points.forEach(point ->
                expected.addAll(List.of("web1/" + point.id() + "/vda.qcow2", "web1/" + point.id() + "/vdb.qcow2")));
        assertThat(files(out)).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(result.files())
                .containsExactlyInAnyOrderElementsOf(
                        expected.stream().map(out::resolve).toList());
        assertThat(result.files().get(0))
                .hasParent(out.resolve("web1").resolve(points.get(2).id()));
        for (Point point : points) {
            for (String name : List.of("vda.qcow2", "vdb.qcow2")) {
                assertThat(out.resolve("web1").resolve(point.id()).resolve(name))
                        .hasSameBinaryContentAs(point.folder().resolve(name));
            }
        }

        Files.move(folder.resolve("backups"), folder.resolve("elsewhere"));
        for (int i = 0; i < 3; i++) {
            for (String target : List.of("vda", "vdb")) {
                Path truth = Files.write(folder.resolve("truth"), states.get(i).get(target).content);
                Path image = out.resolve("web1").resolve(points.get(i).id()).resolve(target + ".qcow2");
                tools.check(image);
                tools.compare(truth, image, "qcow2");
            }
        }
    }

    @Test
    void oneDiskBringsItsOwnChainOnly() throws Exception {
        repository
                .restore(
                        RestoreRequest.of(points.get(1), out).asChain().withDisks(Set.of("vdb")), ProgressListener.NONE)
                .join();
        assertThat(files(out))
                .containsExactlyInAnyOrder(
                        "web1-domain.xml",
                        "web1/" + points.get(0).id() + "/vdb.qcow2",
                        "web1/" + points.get(1).id() + "/vdb.qcow2");
        assertThatThrownBy(() -> repository
                        .restore(
                                RestoreRequest.of(points.get(2), out).asChain().withDisks(Set.of("vdb")),
                                ProgressListener.NONE)
                        .join())
                .isInstanceOf(RepositoryException.class)
                .hasMessageEndingWith("/web1-domain.xml exists already: choose another folder, or allow replacing");
        repository
                .restore(
                        RestoreRequest.of(points.get(2), out)
                                .asChain()
                                .withDisks(Set.of("vdb"))
                                .replacing(),
                        ProgressListener.NONE)
                .join();
        assertThat(files(out)).hasSize(4);
    }

    @Test
    void damageInTheChainIsCopiedOnlyIfNoDiskNeedsWhatItTook() throws Exception {
        for (Point point : points) {
            for (String name : List.of("vda.qcow2", "vda.digests", "manifest.json")) {
                Path file = point.folder().resolve(name);
                long at = (long) (random.nextDouble() * Files.size(file));
                flip(file, at);
                try {
                    RestoreResult result = Repository.open(folder.resolve("backups"))
                            .restore(RestoreRequest.of(points.get(2), out).asChain(), ProgressListener.NONE)
                            .join();
                    assertThat(result.damage())
                            .as("byte %d of %s", at, file)
                            .extracting(Finding::file)
                            .contains(file);
                    for (String target : List.of("vda", "vdb")) {
                        Path truth = Files.write(
                                folder.resolve("truth"), states.get(2).get(target).content);
                        Path top = out.resolve("web1").resolve(points.get(2).id());
                        tools.compare(truth, top.resolve(target + ".qcow2"), "qcow2");
                    }
                    DurableFiles.PLAIN.deleteTree(out);
                } catch (DamagedException e) {
                    assertThat(e.findings())
                            .as("byte %d of %s", at, file)
                            .extracting(Finding::file)
                            .contains(file);
                }
                assertThat(out).doesNotExist();
                flip(file, at);
            }
        }
        repository
                .restore(RestoreRequest.of(points.get(2), out).asChain(), ProgressListener.NONE)
                .join();
    }

    private static void flip(Path file, long offset) throws IOException {
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            open.seek(offset);
            int value = open.read();
            open.seek(offset);
            open.write(value ^ 4);
        }
    }

    @Test
    void aChainIsNeverRaw() {
        assertThatThrownBy(() -> RestoreRequest.of(points.get(0), out).asChain().withFormat(ImageFormat.RAW))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a chain of images is qcow2, not raw");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aRestoreWhoseThreadIsInterruptedLeavesNothing(boolean chained) {
        RestoreRequest request = RestoreRequest.of(points.get(2), out).limitedTo(10 << 20);
        Thread caller = Thread.currentThread();
        assertThatThrownBy(() -> repository
                        .restore(chained ? request.asChain() : request, progress -> {
                            if (progress.bytesMoved() > 0) {
                                caller.interrupt();
                            }
                        })
                        .join())
                .isInstanceOf(OperationCancelledException.class)
                .hasMessage("the restore to " + out + " was interrupted")
                .satisfies(e -> assertThat(e.getSuppressed()).isEmpty());
        assertThat(Thread.interrupted()).isTrue();
        assertThat(out).doesNotExist();
    }

    @Test
    void whatWouldHaveBeenReplacedIsAsItWasAfterAFailure() throws Exception {
        Files.createDirectories(out.resolve("web1-domain.xml/in-the-way"));
        Files.writeString(out.resolve("web1-vda.qcow2"), "mine");
        assertThatThrownBy(() -> repository
                        .restore(RestoreRequest.of(points.get(2), out).replacing(), ProgressListener.NONE)
                        .join())
                .isInstanceOf(RepositoryException.class)
                .hasMessageStartingWith("cannot restore to " + out + ": ");
        assertThat(files(out)).containsExactly("web1-vda.qcow2");
        assertThat(out.resolve("web1-vda.qcow2")).hasContent("mine");
        assertThat(tools.list(out)).containsExactly("web1-domain.xml", "web1-vda.qcow2");
    }
}
