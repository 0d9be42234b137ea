// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.repository.RepositoryBusyException;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.format.CrashingFiles;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.RepositoryFile;
import dev.virtwire.repository.internal.format.Sha256;
import dev.virtwire.repository.internal.format.SummedFile;
import dev.virtwire.repository.internal.journal.DomainLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class RepositoryVersionTest {
    @TempDir
    Path folder;

    private RepositoryFile read() {
        return SummedFile.read(
                        folder.resolve(Names.REPOSITORY), folder.resolve(Names.REPOSITORY_SUM), RepositoryFile.class)
                .value();
    }

    @Test
    void aNewRepositoryHasTheFirstVersion() {
        RepositoryStore.openOrCreate(folder, DurableFiles.PLAIN);
        assertThat(read().version()).isEqualTo(1);
    }

    @Test
    void itIsRaisedOnceAndKeepsItsId() throws Exception {
        String id = RepositoryStore.openOrCreate(folder, DurableFiles.PLAIN).id();
        RepositoryVersion.raise(folder, DurableFiles.PLAIN);
        byte[] raised = Files.readAllBytes(folder.resolve(Names.REPOSITORY));
        RepositoryVersion.raise(folder, CrashingFiles.at(0));

        assertThat(read().version()).isEqualTo(2);
        assertThat(RepositoryStore.open(folder, DurableFiles.PLAIN).id()).isEqualTo(id);
        assertThat(folder.resolve(Names.REPOSITORY)).hasBinaryContent(raised);
        assertThat(folder.resolve(Names.REPOSITORY_SUM)).content().startsWith(Sha256.hex(Sha256.of(raised)));
    }

    @Test
    void aCrashAtAnyStepLeavesOneThatIsReadAndCanBeRaised() throws Exception {
        boolean crashed = true;
        for (int step = 0; crashed; step++) {
            Path repository = folder.resolve("r" + step);
            String id =
                    RepositoryStore.openOrCreate(repository, DurableFiles.PLAIN).id();
            crashed = false;
            try {
                RepositoryVersion.raise(repository, CrashingFiles.at(step));
            } catch (RuntimeException e) {
                crashed = true;
            }
            assertThat(RepositoryStore.open(repository, DurableFiles.PLAIN).id())
                    .isEqualTo(id);
            RepositoryVersion.raise(repository, DurableFiles.PLAIN);
            assertThat(RepositoryStore.open(repository, DurableFiles.PLAIN).id())
                    .isEqualTo(id);
            try (var list = Files.list(repository)) {
                assertThat(list.map(path -> path.getFileName().toString()))
                        .containsExactlyInAnyOrder(Names.REPOSITORY, Names.REPOSITORY_SUM, Names.REPOSITORY_LOCK);
            }
        }
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    void anotherRunThatDoesNotEndIsNamed() {
        RepositoryStore.openOrCreate(folder, DurableFiles.PLAIN);
        try (DomainLock lock = DomainLock.acquire(folder.resolve(Names.REPOSITORY_LOCK), "it")) {
            assertThat(lock).isNotNull();
            assertThatThrownBy(() -> RepositoryVersion.raise(folder, DurableFiles.PLAIN))
                    .isInstanceOf(RepositoryBusyException.class);
        }
    }
}
