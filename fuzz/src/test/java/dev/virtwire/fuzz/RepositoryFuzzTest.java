// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Sha256;
import dev.virtwire.repository.internal.journal.JournalEntry;
import dev.virtwire.repository.internal.store.DomainStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever {@code virtwire.json}, a manifest or a journal holds, it is read or refused with a sentence. The first byte
 * chooses the file, and whether its sum fits. If it does not, the file is damaged, whatever it holds.
 */
class RepositoryFuzzTest {
    private static final String ID = "abcdefghij23";
    private static final String POINT = "20261122T190000Z-incremental";
    private static final String ON_HOST = "virtwire-" + ID + "-0ddf9b4e-" + POINT;
    private static final Path FOLDER = Scratch.folder();

    private enum Target {
        REPOSITORY,
        MANIFEST,
        JOURNAL
    }

    static Stream<byte[]> seeds() {
        String repository = """
                {"format": "virtwire-repository", "version": 1, "id": "%s", "created": "2026-11-22T19:00:00Z"}
                """.formatted(ID);
        String common = """
                "version": 1, "writer": "virtwire", "repository": "%s", "point": "%s", "mode": "pull",
                "domain": {"name": "web1", "uuid": "0ddf9b4e-77e8-4e3a-9b4c-2f7d4c8f7a11"},
                "host": {"name": "node1", "uri": "qemu:///system", "libvirt": "9.0.0", "hypervisor": "7.2.15"}
                """.formatted(ID, POINT);
        String journal = "{\"format\": \"virtwire-journal\", \"started\": \"2026-11-22T19:00:00Z\","
                + " \"checkpoint\": null, \"socket\": \"/run/" + ON_HOST + ".sock\", \"scratch\": [\"/x/" + ON_HOST
                + "-vda.scratch\"], \"pushed\": [],"
                + common + "}";
        return Stream.of(repository, manifest(common), journal).flatMap(RepositoryFuzzTest::variants);
    }

    private static Stream<byte[]> variants(String json) {
        int target = json.contains("-repository\"") ? 0 : json.contains("-journal\"") ? 2 : 1;
        return Stream.of(
                new Bytes().u8(target).text(json).done(),
                new Bytes().u8(target + 3).text(json).done(),
                new Bytes().u8(target).text("{}").done(),
                // What a parser that guesses encodings takes for UTF-32 and UTF-16.
                new Bytes().u8(target).u32('{', 0x7fff_ffff).done(),
                new Bytes().u8(target).u16('{').u16('}').done());
    }

    private static String manifest(String common) {
        String sum = "0123456789abcdef".repeat(4);
        String image = "\"file\": \"vda.qcow2\", \"format\": \"qcow2\", \"compression\": \"none\", \"size\": 65536,"
                + " \"blocksRoot\": \"" + sum + "\", \"backing\": \"../20261121T190000Z-full/vda.qcow2\"";
        return "{\"format\": \"virtwire-manifest\", \"level\": \"incremental\", \"outcome\": \"completed\","
                + "\"parent\": {\"point\": \"20261121T190000Z-full\", \"manifestSha256\": \"" + sum + "\"},"
                + "\"checkpoint\": null, \"checkpointReason\": \"none\", \"quiesced\": false,"
                + "\"began\": \"2026-11-22T19:00:00.123Z\", \"completed\": \"2026-11-22T19:05:00Z\","
                + "\"disks\": [{\"target\": \"vda\", \"level\": \"incremental\", \"reason\": \"r\","
                + "\"virtualSize\": 1048576, \"source\": {\"type\": \"file\", \"name\": \"/x\", \"format\": \"raw\"},"
                + "\"bitmap\": null, \"image\": {" + image + "},"
                + "\"content\": {\"root\": \"" + sum + "\"},"
                + "\"digests\": {\"file\": \"vda.digests\", \"size\": 9, \"sha256\": \"" + sum + "\"},"
                + "\"pushed\": null}], \"excluded\": [{\"target\": \"vdb\", \"reason\": \"r\"}],"
                + "\"previous\": {\"point\": \"20261121T190000Z-full\", \"manifestSha256\": \"" + sum + "\"},"
                + "\"files\": [{\"role\": \"domain\", \"file\": \"domain.xml\", \"size\": 9, \"sha256\": \"" + sum
                + "\"}], \"domainXml\": {\"secrets\": false, \"libvirtSecrets\": []}, \"nvram\": null," + common + "}";
    }

    @MethodSource("seeds")
    @FuzzTest
    void reads(byte[] input) throws IOException {
        if (input.length == 0) {
            return;
        }
        int choice = (input[0] & 0xff) % 6;
        Target target = Target.values()[choice % 3];
        byte[] content = Arrays.copyOfRange(input, 1, input.length);
        switch (target) {
            case REPOSITORY -> {
                write(FOLDER, Names.REPOSITORY, Names.REPOSITORY_SUM, content, choice < 3);
                refusedOrRead(() -> RepositoryStore.open(FOLDER, DurableFiles.PLAIN));
            }
            case MANIFEST -> {
                DomainStore store = store();
                Path point = Files.createDirectories(store.folder().resolve(POINT));
                write(point, Names.MANIFEST, Names.MANIFEST_SUM, content, choice < 3);
                refusedOrRead(() -> assertThat(store.point(POINT).id()).isEqualTo(POINT));
            }
            case JOURNAL -> {
                Path journal = Files.createDirectories(store().folder().resolve(Names.JOURNAL));
                Files.write(journal.resolve(Names.journal(POINT)), content);
                try {
                    assertThat(store().journal().entries())
                            .extracting(JournalEntry::point)
                            .containsExactly(POINT);
                } catch (RepositoryException e) {
                    assertThat(e).hasMessageContaining(Names.journal(POINT));
                }
            }
        }
    }

    private static DomainStore store() throws IOException {
        String json = "{\"format\": \"virtwire-repository\", \"version\": 1, \"id\": \"" + ID
                + "\", \"created\": \"2026-11-22T19:00:00Z\"}";
        byte[] content = json.getBytes(StandardCharsets.UTF_8);
        Path folder = Files.createDirectories(FOLDER.resolve("good"));
        write(folder, Names.REPOSITORY, Names.REPOSITORY_SUM, content, true);
        return RepositoryStore.open(folder, DurableFiles.PLAIN).domain("web1");
    }

    private static void write(Path folder, String name, String sumName, byte[] content, boolean fits)
            throws IOException {
        byte[] digest = fits ? Sha256.of(content) : new byte[32];
        Files.write(folder.resolve(name), content);
        Files.writeString(folder.resolve(sumName), Sha256.sumLine(digest, name));
    }

    private static void refusedOrRead(Runnable read) {
        try {
            read.run();
        } catch (DamagedException e) {
            assertThat(e.findings()).isNotEmpty();
        } catch (RepositoryException e) {
            assertThat(e.getMessage()).isNotEmpty();
        }
    }
}
