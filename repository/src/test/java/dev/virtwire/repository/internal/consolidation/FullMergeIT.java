// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.consolidation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.PruneReport;
import dev.virtwire.repository.PruneRequest;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.Retention;
import dev.virtwire.repository.Tools;
import dev.virtwire.repository.VerifyDepth;
import dev.virtwire.repository.internal.format.DurableFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Prunes of a repository whose file system has no room left. */
class FullMergeIT {
    private final Tools tools = new Tools();

    @TempDir
    Path folder;

    private Path small;

    @BeforeEach
    void mount() throws Exception {
        small = Files.createDirectory(folder.resolve("small"));
        tools.run(List.of("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", small.toString()));
    }

    @AfterEach
    void unmount() throws Exception {
        tools.run(List.of("umount", small.toString()));
    }

    /** Leaves not one page. */
    private void fill() throws IOException {
        try (OutputStream file = Files.newOutputStream(small.resolve("filler"))) {
            assertThatThrownBy(() -> {
                        for (byte[] page = new byte[4096]; ; ) {
                            file.write(page);
                        }
                    })
                    .hasMessageContaining("No space left");
        }
    }

    private static PruneReport prune(Chain chain, int last) {
        return Repository.open(chain.folder)
                .prune(PruneRequest.of("web1", Retention.ofLast(last)), ProgressListener.NONE)
                .join();
    }

    @Test
    void whatIsRemovedFirstMakesRoomForMerges() throws Exception {
        Chain chain =
                new Chain(small.resolve("r"), new Random(1)).grow(4 << 20, 4).grow(4 << 20, 4);
        fill();

        assertThat(prune(chain, 1).merges()).hasSize(1);

        chain.requireRight(9);
    }

    @Test
    void aMergeForWhichThereIsNoRoomIsFinishedWhenThereIs() throws Exception {
        Chain chain = new Chain(small.resolve("r"), new Random(2)).grow(4 << 20, 6);
        fill();

        assertThatThrownBy(() -> prune(chain, 2))
                .isInstanceOf(RepositoryException.class)
                .hasMessageContaining("file system is full");

        var store = chain.store(DurableFiles.PLAIN);
        int[] there = IntStream.range(0, 7)
                .filter(index -> store.hasPoint(chain.id(index)))
                .toArray();
        assertThat(there).contains(5, 6);
        chain.requireRight(List.of(VerifyDepth.DIGESTS, VerifyDepth.FULL), there);
        Files.delete(small.resolve("filler"));
        assertThat(prune(chain, 2).damage()).isEmpty();
        chain.requireRight(5, 6);
    }
}
