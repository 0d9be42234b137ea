// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.chain.ChainLimit;
import dev.virtwire.repository.internal.chain.DiskChain;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.store.DomainStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** QEMU opens what we say it opens, and nothing else. */
@Timeout(600)
class ChainLimitIT {
    @TempDir(factory = MemoryFolder.class)
    Path folder;

    private final Tools tools = new Tools();

    /** Written without a limit, as programs did that had none. */
    @Test
    void chainsThatAreTooLongForQemuAreTold() throws Exception {
        LongChainMaker maker = new LongChainMaker(folder.resolve("backups"), 2 << 20);
        maker.points(130);
        Path truth = Files.write(folder.resolve("truth.raw"), maker.content());
        Repository repository = Repository.open(folder.resolve("backups"));
        DomainPoints found = repository.points("web1");
        List<Point> points = found.points();
        DomainStore domain = RepositoryStore.openOrCreate(folder.resolve("backups"), DurableFiles.PLAIN)
                .domain("web1");
        ChainLimit limit = ChainLimit.in(domain.folder());
        int open = 0;
        for (Point point : points) {
            try (DiskChain chain =
                    DiskChain.openToBuildOn(domain, point, point.manifest().disk("vda"))) {
                ChainLimit.Length length = ChainLimit.Length.of(chain);
                open += limit.canBeOpened(length) ? 1 : 0;
                assertThat(limit.refusal(length) == null)
                        .as("%s", length)
                        .isEqualTo(length.layers() < ChainLimit.LAYERS);
            }
        }
        assertThat(open).isBetween(ChainLimit.LAYERS + 5, 129);
        convert(points.get(open - 1), 0);
        convert(points.get(open), 1);
        String notice = "disk vda of domain web1 has " + (130 - open)
                + " points whose chain of images is too long for QEMU, which joins their names; restore reads them";
        assertThat(found.notices()).extracting(Notice::text).containsExactly(notice);
        assertThat(repository
                        .verify(VerifyRequest.everything().withDepth(VerifyDepth.STRUCTURE), ProgressListener.NONE)
                        .join()
                        .notices())
                .extracting(Notice::text)
                .containsExactly(notice);

        Point newest = points.get(129);
        assertThatThrownBy(() -> repository
                        .restore(
                                RestoreRequest.of(newest, folder.resolve("chain"))
                                        .asChain(),
                                ProgressListener.NONE)
                        .join())
                .isInstanceOf(RepositoryException.class)
                .hasMessageStartingWith("disk vda of " + newest.id()
                        + " is a chain of 130 images, and QEMU could not open it below " + folder.resolve("chain/web1"))
                .hasMessageEndingWith("Restore it without --chain, as one image");
        assertThat(folder.resolve("chain")).doesNotExist();
        repository
                .restore(RestoreRequest.of(newest, folder.resolve("flat")), ProgressListener.NONE)
                .join();
        tools.compare(truth, folder.resolve("flat/web1-vda.qcow2"), "qcow2");
        repository
                .restore(
                        RestoreRequest.of(points.get(99), folder.resolve("hundred"))
                                .asChain(),
                        ProgressListener.NONE)
                .join();
        convert(folder.resolve("hundred/web1").resolve(points.get(99).id()).resolve("vda.qcow2"), 0);
    }

    /** As a backup does: a new base at the limit. */
    @Test
    void qemuOpensEachOf300KeptPoints() throws Exception {
        LongChainMaker maker = new LongChainMaker(folder.resolve("backups"), 2 << 20).keepingToTheLimit();
        maker.points(300);
        Path truth = Files.write(folder.resolve("truth.raw"), maker.content());
        Repository repository = Repository.open(folder.resolve("backups"));
        List<Point> points = repository.points("web1").points();
        assertThat(repository.points("web1").notices()).isEmpty();
        assertThat(points.stream().filter(point -> point.manifest().parent() == null))
                .hasSize(3);
        for (int i = 9; i < 300; i += 10) {
            convert(points.get(i), 0);
        }
        tools.compare(truth, points.get(299).folder().resolve("vda.qcow2"), "qcow2");
        assertThat(repository
                        .verify(VerifyRequest.everything().withDepth(VerifyDepth.STRUCTURE), ProgressListener.NONE)
                        .join()
                        .intact())
                .isTrue();
    }

    private void convert(Point point, int exitCode) throws Exception {
        convert(point.folder().resolve("vda.qcow2"), exitCode);
    }

    private void convert(Path image, int exitCode) throws Exception {
        Process process = new ProcessBuilder(
                        "qemu-img",
                        "convert",
                        "-O",
                        "raw",
                        image.toString(),
                        folder.resolve("converted.raw").toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as("%s: %s", image, output).isEqualTo(exitCode);
        if (exitCode != 0) {
            assertThat(output).contains("File name too long");
        }
    }
}
