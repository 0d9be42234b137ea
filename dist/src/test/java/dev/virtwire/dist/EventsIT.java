// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(LibvirtdExtension.class)
class EventsIT {
    @TempDir
    Path folder;

    private Process listen(String... arguments) throws Exception {
        Process process = new ProcessBuilder(Launcher.words(Launcher.script(), arguments))
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile())
                .start();
        await().atMost(Duration.ofSeconds(60)).until(() -> !err().isEmpty());
        return process;
    }

    private String out() throws Exception {
        return Files.readString(folder.resolve("out"));
    }

    private String err() throws Exception {
        return Files.readString(folder.resolve("err"));
    }

    @Test
    void theyArePrintedAsTheyHappenUntilASignalComes(Libvirtd libvirtd) throws Exception {
        try (Guest guest =
                Guest.on(libvirtd, "watched").disk(GuestDisk.qcow2(1 << 20)).start()) {
            Process process = listen("-c", libvirtd.unixUri(), "events", guest.name());
            assertThat(err()).isEqualTo("note: listening to domain watched on this host until Ctrl-C\n");
            guest.pause();
            guest.resume();
            await().atMost(Duration.ofSeconds(60)).until(() -> out().lines().count() >= 2);
            new ProcessBuilder("kill", "-INT", Long.toString(process.pid()))
                    .start()
                    .waitFor();
            assertThat(process.waitFor()).isEqualTo(130);
            assertThat(err()).isEqualTo("note: listening to domain watched on this host until Ctrl-C\n");
            assertThat(out())
                    .matches("(?s)\\S+ \\S+Z  watched  suspended \\(paused\\)\n\\S+ \\S+Z  watched  resumed"
                            + " \\(unpaused\\)\n");
        }
    }

    @Test
    void inJsonEachIsALineAndTheEndOfABackupIsAmongThem(Libvirtd libvirtd) throws Exception {
        try (Guest guest = Guest.on(libvirtd, "watched-json")
                .disk(GuestDisk.qcow2(1 << 20))
                .start()) {
            Process process = new ProcessBuilder(
                            Launcher.script().toString(), "-c", libvirtd.tcpUri(), "events", "--json")
                    .redirectOutput(folder.resolve("out").toFile())
                    .start();
            await().atMost(Duration.ofSeconds(60)).until(() -> {
                // Without a note to wait for: until the first event is seen.
                guest.pause();
                guest.resume();
                return !out().isEmpty();
            });
            new Launcher().run("-c", libvirtd.tcpUri(), "backup", guest.name(), folder + "/backups");
            await().atMost(Duration.ofSeconds(60)).until(() -> out().contains("\"job-completed\""));
            process.destroy();
            assertThat(process.waitFor()).isEqualTo(130);
            for (String line : out().lines().toList()) {
                JsonNode event = new ObjectMapper().readTree(line);
                assertThat(event.get("time").asText()).endsWith("Z");
                assertThat(event.get("uuid").asText()).hasSize(36);
            }
            assertThat(out()).contains("\"event\":\"job-completed\",\"operation\":\"backup\",\"outcome\":\"");
        }
    }

    @Test
    void kindsCanBeChosen(Libvirtd libvirtd) throws Exception {
        Process process =
                listen("-c", libvirtd.testUnixUri(), "events", "--kind", "network-lifecycle,pool", "--kind", "reboot");
        assertThat(err())
                .isEqualTo("note: listening to networks, storage pools, all domains on this host until Ctrl-C\n");
        String xml = "<network><name>told</name><bridge name='told0'/></network>";
        CommandRun made = new Launcher()
                .run("-c", libvirtd.testUnixUri(), "call", "NetworkCreateXml", "{\"xml\": \"" + xml + "\"}");
        assertThat(made.exitCode()).as(made.err()).isZero();
        await().atMost(Duration.ofSeconds(60)).until(() -> !out().isEmpty());
        process.destroy();
        process.waitFor();
        assertThat(out()).matches("\\S+ \\S+Z  told  network-lifecycle \\(type started\\)\n");
    }

    @Test
    void aKindThatThereIsNotIsRefusedByName(Libvirtd libvirtd) {
        assertThat(new Launcher()
                        .run("-c", libvirtd.testUnixUri(), "events", "--kind", "tea")
                        .err())
                .startsWith("error: --kind tea: there is no such kind; there are domain, lifecycle, reboot, ");
        assertThat(new Launcher()
                        .run("-c", libvirtd.testUnixUri(), "events", "test", "--kind", "pool")
                        .err())
                .isEqualTo("error: --kind pool-lifecycle: that happens to no domain, and so not to test\n");
    }

    @Test
    void theEndOfTheServerIsAnError() throws Exception {
        try (Libvirtd own = PrivateLibvirtd.start()) {
            Process process = listen("-c", own.testUnixUri(), "events");
            own.kill();
            assertThat(process.waitFor()).isEqualTo(1);
            assertThat(err().lines().skip(1)).singleElement().asString().startsWith("error: ");
        }
    }
}
