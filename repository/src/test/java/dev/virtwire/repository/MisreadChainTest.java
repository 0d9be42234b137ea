// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.image.ImageAccess;
import dev.virtwire.image.ImageChain;
import dev.virtwire.image.Qcow2Reader;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.copy.MemoryDisk;
import dev.virtwire.repository.internal.format.DurableFiles;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A chain whose topmost image is read wrong while it is copied, and right by whoever looks after that. */
class MisreadChainTest {
    private static final int MIB = 1 << 20;

    @TempDir
    Path folder;

    private MemoryDisk second;
    private Point full;
    private Point increment;
    private Path out;
    private long offset;
    private int misread;
    private boolean wrong;

    @BeforeEach
    void makeTwoPoints() throws IOException {
        Random random = new Random(97);
        PointMaker maker = new PointMaker(folder.resolve("backups"));
        MemoryDisk first = MemoryDisk.random(4 * MIB, random);
        full = maker.full(Map.of("vda", first));
        byte[] block = new byte[MIB];
        random.nextBytes(block);
        second = first.written(2 * MIB, block);
        increment = maker.increment(Map.of("vda", second), full);
        out = folder.resolve("out");
        try (Qcow2Reader reader = Qcow2Reader.open(image())) {
            offset = reader.extents(2 * MIB, 1).get(0).hostOffset() + 77;
        }
    }

    private Path image() {
        return increment.folder().resolve("vda.qcow2");
    }

    /** The images are copied topmost first, each after its folder is made. */
    private RestoreResult restore(int times) {
        misread = times;
        DurableFiles files = new DurableFiles((step, path) -> {
            if (step == DurableFiles.Step.CREATE_FOLDER && path.endsWith(increment.id()) && misread > 0) {
                misread--;
                flip();
            } else if (step == DurableFiles.Step.CREATE_FOLDER && path.endsWith(full.id()) && wrong) {
                flip();
            }
        });
        return RepositoryStore.open(folder.resolve("backups"), files)
                .restore(RestoreRequest.of(increment, out).asChain(), ProgressListener.NONE)
                .join();
    }

    private void flip() throws IOException {
        wrong = !wrong;
        try (RandomAccessFile open = new RandomAccessFile(image().toFile(), "rw")) {
            open.seek(offset);
            int value = open.read();
            open.seek(offset);
            open.write(value ^ 8);
        }
    }

    @Test
    void itIsCopiedAgainUntilWhatIsWrittenIsRight() throws IOException {
        RestoreResult result = restore(2);

        assertThat(misread).isZero();
        assertThat(result.damage()).isEmpty();
        assertThat(result.files()).hasSize(3);
        Path top = out.resolve("web1").resolve(increment.id()).resolve("vda.qcow2");
        assertThat(top).hasSameBinaryContentAs(image());
        try (ImageChain chain = ImageChain.open(top, "qcow2", ImageAccess.anywhere())) {
            ByteBuffer content = ByteBuffer.allocate(4 * MIB);
            chain.read(0, content);
            assertThat(content.array()).isEqualTo(second.content);
        }
    }

    @Test
    void whatIsNeverReadRightIsNotDeliveredAndNoDamage() {
        assertThatThrownBy(() -> restore(9))
                .isInstanceOf(RepositoryException.class)
                .isNotInstanceOf(DamagedException.class)
                .hasMessage(
                        "disk vda of " + increment.id() + " was copied 3 times, and never were all its bytes read as"
                                + " they are, though nothing of it is damaged: check the storage and the memory of this"
                                + " machine");
        assertThat(out).doesNotExist();
        assertThat(Repository.open(folder.resolve("backups")).points("web1").known())
                .isEmpty();
    }

    /** The bytes that are written are those that were compared, not what a second read gives. */
    @Test
    void aSmallFileThatIsReadWrongAfterItWasComparedIsNotDelivered() throws IOException {
        Path saved = increment.folder().resolve("domain.xml");
        byte[] content = Files.readAllBytes(saved);
        Path written = out.resolve("web1-domain.xml");
        Path temporary = written.resolveSibling(".web1-domain.xml.partial");
        Files.createDirectories(out);
        Files.createFile(temporary);
        DurableFiles files = new DurableFiles((step, path) -> {
            if (step == DurableFiles.Step.DELETE && path.equals(temporary)) {
                byte[] other = content.clone();
                other[0] ^= 1;
                Files.write(saved, other);
            }
        });
        RepositoryStore.open(folder.resolve("backups"), files)
                .restore(RestoreRequest.of(increment, out), ProgressListener.NONE)
                .join();

        assertThat(written).hasBinaryContent(content);
    }
}
