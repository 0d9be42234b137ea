// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The launcher, a repository and a real guest. */
@ExtendWith(LibvirtdExtension.class)
abstract class RepositoryCommandsSuite {
    static final long MIB = 1 << 20;

    @TempDir
    Path folder;

    Path repository;
    Libvirtd libvirtd;
    Guest guest;

    @BeforeEach
    void startGuest(Libvirtd shared, TestInfo test) {
        libvirtd = shared;
        repository = folder.resolve("backups");
        guest = Guest.on(
                        libvirtd,
                        "cli-"
                                + test.getDisplayName()
                                        .replaceAll("\\W", "")
                                        .toLowerCase()
                                        .substring(0, 12))
                .disk(GuestDisk.qcow2(24 * MIB).pattern(1))
                .disk(GuestDisk.qcow2(5 * MIB + 512).pattern(2))
                .start();
    }

    @AfterEach
    void endGuest() {
        guest.close();
    }

    CommandRun backup(String... options) {
        return run(Stream.concat(
                        Stream.of("-c", libvirtd.unixUri(), "backup", guest.name(), repository.toString()),
                        Stream.of(options))
                .toArray(String[]::new));
    }

    static CommandRun run(String... arguments) {
        return new Launcher().run(arguments);
    }

    static JsonNode json(CommandRun run) throws IOException {
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        return new ObjectMapper().readTree(run.out());
    }

    static List<String> fields(JsonNode node) {
        return Stream.iterate(node.fieldNames(), names -> names.hasNext(), names -> names)
                .map(names -> names.next())
                .toList();
    }
}
