// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.virtwire.client.Libvirt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Backup, points, verify, restore: each command as people use it. */
class RepositoryCommandsIT extends RepositoryCommandsSuite {
    @Test
    void roundTripOverBothTransports() throws Exception {
        for (String target : guest.targets()) {
            guest.copyDisk(target, folder.resolve(target + ".raw"));
        }
        for (String uri : List.of(libvirtd.unixUri(), libvirtd.tcpUri())) {
            CommandRun backup = run("-c", uri, "backup", guest.name(), repository.toString());
            assertThat(backup.err()).isEmpty();
            assertThat(backup.exitCode()).isZero();
            assertThat(backup.out())
                    .matches("completed: " + guest.name() + "@\\d{8}T\\d{6}Z-(full|incremental), 2 disks of 29 MiB; .*"
                            + " read, .* stored in .* s\n(  vd[ab]: (full, it is the first point of the domain|"
                            + "incremental, what changed since point .*Z-full)\n){2}");
            CommandRun verify = run("verify", repository.toString(), guest.name());
            assertThat(verify.out()).matches("intact: [12] points?, .* read in .* s\n");
            assertThat(verify.exitCode()).isZero();
            for (String format : List.of("qcow2", "raw")) {
                Path out = folder.resolve("out-" + format + (uri.equals(libvirtd.tcpUri()) ? "-tcp" : "-unix"));
                CommandRun restore =
                        run("restore", repository.toString(), guest.name(), "--to", out.toString(), "--format", format);
                assertThat(restore.err()).isEmpty();
                assertThat(restore.out())
                        .startsWith("restored " + guest.name() + "@")
                        .contains("vdb." + format);
                for (String target : guest.targets()) {
                    assertSame(
                            folder.resolve(target + ".raw"),
                            out.resolve(guest.name() + "-" + target + "." + format),
                            format);
                }
            }
        }
        assertThat(run("points", repository.toString()).out().lines()).hasSize(3);
        assertThat(run("-c", libvirtd.unixUri(), "checkpoints", guest.name()).out())
                .matches("NAME +PARENT +CREATED +DISKS\nvirtwire-\\S+-incremental\\S* +- +\\S+ \\S+Z +vda vdb\n");
    }

    @Test
    void compressesWithinTheMemoryThatIsPromised() throws Exception {
        guest.copyDisk("vda", folder.resolve("vda.raw"));
        CommandRun backup = new Launcher()
                .with("JAVA_OPTS", "-Xmx64m -XX:MaxDirectMemorySize=128m")
                .run("-c", libvirtd.unixUri(), "backup", guest.name(), repository.toString(), "--compress", "zstd");
        assertThat(backup.err()).isEmpty();
        assertThat(backup.exitCode()).isZero();
        JsonNode disk = json(run("--json", "points", repository.toString())).at("/domains/0/points/0/disks/0");
        assertThat(disk.get("compression").asText()).isEqualTo("zstd");
        assertSame(
                folder.resolve("vda.raw"),
                repository.resolve(guest.name() + "/" + pointOf(backup) + "/vda.qcow2"),
                "qcow2");
        CommandRun verify = run("verify", repository.toString());
        assertThat(verify.out()).startsWith("intact: 1 point,");
        for (Path java : Launcher.otherJavas()) {
            assertThat(new Launcher().with("JAVA_HOME", java.toString()).run("verify", repository.toString()))
                    .as(java.toString())
                    .satisfies(run -> assertThat(run.err()).isEmpty())
                    .satisfies(run -> assertThat(run.exitCode()).isZero());
        }
    }

    private static String pointOf(CommandRun backup) {
        return backup.out().replaceAll("(?s).*@(\\S+),.*", "$1");
    }

    @Test
    void jsonHasTheShapesOfItsPage() throws IOException {
        JsonNode backup = json(backup("--json", "--exclude", "vdb"));
        List<String> pointFields = List.of(
                "point",
                "domain",
                "uuid",
                "folder",
                "level",
                "mode",
                "outcome",
                "began",
                "completed",
                "parent",
                "checkpoint",
                "host",
                "uri",
                "virtualSize",
                "stored",
                "disks",
                "excluded");
        assertThat(fields(backup))
                .containsAll(pointFields)
                .endsWith(
                        "bytesRead",
                        "bytesStored",
                        "durationMillis",
                        "frozenMillis",
                        "notices",
                        "warnings",
                        "left",
                        "pruned")
                .hasSize(pointFields.size() + 8);
        assertThat(backup.get("frozenMillis").isNull()).as("nothing was frozen").isTrue();
        assertThat(backup.at("/disks/0/target").asText()).isEqualTo("vda");
        assertThat(backup.at("/excluded/0/target").asText()).isEqualTo("vdb");
        String id = backup.get("point").asText();

        JsonNode points = json(run("points", repository.toString(), "--json"));
        assertThat(fields(points)).containsExactly("repository", "folder", "domains");
        assertThat(fields(points.at("/domains/0")))
                .containsExactly(
                        "domain", "points", "damage", "unreadable", "unfinished", "held", "notices", "warnings");
        assertThat(fields(points.at("/domains/0/points/0")))
                .startsWith(pointFields.toArray(String[]::new))
                .endsWith("knownDamage")
                .hasSize(pointFields.size() + 1);
        assertThat(points.at("/domains/0/points/0/disks/0").toString())
                .startsWith("{\"target\":\"vda\",\"level\":\"full\",\"reason\":\"it is the first point of the domain\","
                        + "\"virtualSize\":25165824,\"encrypted\":false,\"file\":\"vda.qcow2\",\"stored\":")
                .endsWith(",\"pushedTo\":null}");

        JsonNode verify = json(run("verify", repository.toString(), "--json"));
        assertThat(fields(verify))
                .containsExactly(
                        "intact",
                        "depth",
                        "points",
                        "bytesRead",
                        "durationMillis",
                        "damage",
                        "lostPoints",
                        "unverifiable",
                        "notices",
                        "warnings");
        assertThat(verify.at("/points/0").asText()).isEqualTo(guest.name() + "@" + id);

        String name = guest.name() + "@" + id;
        Path out = folder.resolve("out");
        JsonNode restore = json(run("restore", repository.toString(), name, "--to", out.toString(), "--json"));
        assertThat(fields(restore))
                .containsExactly(
                        "domain",
                        "point",
                        "files",
                        "bytesWritten",
                        "durationMillis",
                        "definedName",
                        "definedUuid",
                        "passedOver",
                        "lost",
                        "damage",
                        "notices",
                        "warnings");
        assertThat(restore.at("/files/0").asText())
                .isEqualTo(out.resolve(guest.name() + "-vda.qcow2").toString());

        JsonNode recover = json(run("-c", libvirtd.unixUri(), "recover", repository.toString(), "--json"));
        assertThat(recover.toString())
                .isEqualTo("{\"clean\":true,\"done\":[],\"left\":[],\"busy\":[],\"notices\":[]," + "\"warnings\":[]}");

        JsonNode checkpoints = json(run("-c", libvirtd.tcpUri(), "checkpoints", guest.name(), "--json"));
        assertThat(fields(checkpoints)).containsExactly("domain", "checkpoints");
        assertThat(fields(checkpoints.at("/checkpoints/0")))
                .containsExactly("name", "parent", "created", "description", "disks");
        assertThat(checkpoints.at("/checkpoints/0/disks").toString()).isEqualTo("[\"vda\"]");

        String checkpoint = checkpoints.at("/checkpoints/0/name").asText();
        JsonNode removed = json(run("-c", libvirtd.unixUri(), "checkpoints", guest.name(), "--remove", "--json"));
        assertThat(fields(removed)).containsExactly("domain", "clean", "done", "left");
        assertThat(removed.at("/done").toString()).isEqualTo("[\"deleted checkpoint " + checkpoint + "\"]");
    }

    @Test
    void checkpointsOfTheRepositoryAreRemovedAndThenTheDomainCanGo() {
        assertThat(backup().exitCode()).isZero();
        String[] command = {"-c", libvirtd.unixUri(), "checkpoints", guest.name(), "--repository", repository.toString()
        };
        CommandRun incomplete = run(command);
        assertThat(incomplete.exitCode()).isEqualTo(2);
        assertThat(incomplete.err()).startsWith("error: --repository is for --remove");
        command = Stream.concat(Stream.of(command), Stream.of("--remove")).toArray(String[]::new);
        assertThat(run(command).out()).matches("deleted checkpoint virtwire-\\S+-full\n");
        assertThat(run(command))
                .isEqualTo(new CommandRun(0, "domain " + guest.name() + " has no checkpoint of Virtwire's\n", ""));

        assertThat(backup().exitCode()).isZero();
        guest.destroy();
        CommandRun off = run(command);
        assertThat(off.exitCode()).isEqualTo(1);
        assertThat(off.out())
                .contains(
                        "forgot checkpoint virtwire-", "left: bitmap virtwire-", "'qemu-img bitmap --remove -f qcow2 ");
        assertThat(off.err()).startsWith("error: not everything could be removed: bitmap virtwire-");
    }

    @Test
    void quietPrintsNothingWhereAllIsWell() {
        CommandRun nothing = new CommandRun(0, "", "");
        assertThat(backup("--quiet")).isEqualTo(nothing);
        assertThat(run("-q", "verify", repository.toString())).isEqualTo(nothing);
        Path out = folder.resolve("out");
        assertThat(run("-q", "restore", repository.toString(), guest.name(), "--to", out.toString()))
                .isEqualTo(nothing);
        assertThat(run("-q", "-c", libvirtd.unixUri(), "recover", repository.toString()))
                .isEqualTo(nothing);
    }

    /** Nobody else says it, and what is left fills the other host. */
    @Test
    void whatARunLeftOnAnotherHostIsSaidWithQuietToo() throws Exception {
        Path domain = repository.resolve(guest.name());
        Launcher.Running running = new Launcher()
                .start("-c", libvirtd.unixUri(), "backup", guest.name(), repository.toString(), "--bwlimit", "1M");
        await().atMost(Duration.ofMinutes(1))
                .until(() -> !find(domain, ".begun").isEmpty());
        running.signal("KILL");
        running.await();
        try (Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
            libvirt.domain(guest.name()).join().attachBackup().join().abort().join();
        }
        Path entry = find(domain.resolve(".journal"), ".json").get(0);
        String host =
                new ObjectMapper().readTree(entry.toFile()).at("/host/name").asText();
        Files.writeString(
                entry,
                Files.readString(entry)
                        .replaceFirst("\"name\" : \"" + host + "\"", "\"name\" : \"elsewhere\"")
                        .replaceFirst(
                                "\"uuid\" : \"(?=[^\"]*\"\\s*\\})[^\"]*\"(?=\\s*\\},\\s*\"mode\")", "\"uuid\" : null"));
        String left = "what point " + entry.getFileName().toString().replace(".json", "")
                + " left on host elsewhere: this is host " + host;

        assertThat(backup("--quiet"))
                .isEqualTo(new CommandRun(4, "", "warning: " + guest.name() + ": left behind: " + left + "\n"));

        CommandRun json = backup("--json");
        assertThat(new ObjectMapper().readTree(json.out()).at("/left/0").asText())
                .isEqualTo(left);
        assertThat(json.err()).isEqualTo("{\"warning\":\"" + guest.name() + ": left behind: " + left + "\"}\n");
    }

    private static List<Path> find(Path folder, String end) throws IOException {
        if (!Files.exists(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(end)).toList();
        }
    }

    @Test
    void restoreReplacesFilesOnlyIfTold() {
        assertThat(backup().exitCode()).isZero();
        String[] restore = {"restore", repository.toString(), guest.name(), "--to", folder + "/out", "--disk", "vdb"};
        assertThat(run(restore).exitCode()).isZero();
        assertThat(run(restore))
                .isEqualTo(new CommandRun(
                        1,
                        "",
                        "error: " + folder + "/out/" + guest.name()
                                + "-vdb.qcow2 exists already: choose another folder, or allow replacing\n"));
        String[] replacing =
                Stream.concat(Stream.of(restore), Stream.of("--replace")).toArray(String[]::new);
        assertThat(run(replacing).exitCode()).isZero();
    }

    @Test
    void aTerminalGetsABar() throws Exception {
        String line = String.join(
                " ",
                Launcher.script().toString(),
                "-c",
                "'" + libvirtd.unixUri() + "'",
                "backup",
                guest.name(),
                repository.toString());
        ProcessBuilder builder = new ProcessBuilder("script", "-qec", line, "/dev/null").redirectErrorStream(true);
        builder.environment().put("TERM", "xterm");
        Process process = builder.start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(said).isZero();
        assertThat(said).contains("backup " + guest.name() + " 100%").contains("completed: ");
    }

    private static void assertSame(Path truth, Path image, String format) throws Exception {
        Process compare = new ProcessBuilder(
                        "qemu-img", "compare", "-f", "raw", "-F", format, truth.toString(), image.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(compare.getInputStream().readAllBytes());
        assertThat(compare.waitFor()).as(said).isZero();
    }
}
