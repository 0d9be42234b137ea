// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.gen.Main;
import dev.virtwire.gen.Tables;
import dev.virtwire.gen.model.Program;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tables beside the packages of the newest libvirt that Debian has, which {@code protocol-gen/fetch-api} gets. */
class NewestLibvirtIT {
    /** What the tables follow. What a newer one brings is printed, and is for {@code protocol-gen/follow}. */
    private static final String FOLLOWED = "12.9.0";

    private static final Path TABLES = Path.of("../src/protocol");

    private static List<Path> api = List.of();
    private static Path dissector;

    @BeforeAll
    static void fetch() throws IOException, InterruptedException {
        Process fetch =
                new ProcessBuilder("./fetch-api").redirectErrorStream(true).start();
        String output;
        try (InputStream in = fetch.getInputStream()) {
            output = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        assertThat(fetch.waitFor())
                .as("protocol-gen/fetch-api got no packages; it needs apt and the network:\n%s", output)
                .isZero();
        String[] lines = output.strip().split("\n");
        Path folder = Path.of(lines[lines.length - 1]);
        api = Stream.of("libvirt", "libvirt-admin", "libvirt-lxc", "libvirt-qemu")
                .map(name -> folder.resolve(name + "-api.xml"))
                .toList();
        dissector = folder.resolve("dissector.so");
    }

    @Test
    void everyConstantIsInTheTablesWithItsNumberNameAndVersion() throws IOException {
        List<Program> tables = Tables.read(TABLES);
        Deviations deviations = Deviations.read(TABLES.resolve("deviations.txt"));
        Checker.Result result =
                ConstantChecker.check(tables, ApiConstants.read(api).until(FOLLOWED));
        assertThat(deviations.unexpected(result.differences())).isEmpty();
        assertThat(deviations.stale(result)).isEmpty();
        assertThat(result.missing()).isEmpty();

        ConstantChecker.check(tables, ApiConstants.read(api))
                .missing()
                .forEach(constant -> System.out.println("newer than the tables: " + constant));
    }

    @Test
    void everyMessageIsInTheTablesWithItsFieldsInOrder() throws IOException {
        List<Program> tables = Tables.read(TABLES);
        Checker.Result result = DissectorChecker.check(tables, Dissector.read(dissector));
        assertThat(result.programs())
                .containsExactlyInAnyOrder(
                        "dissector of remote", "dissector of qemu", "dissector of lxc", "dissector of keepalive");
        assertThat(result.differences()).isEmpty();
        result.missing().forEach(procedure -> System.out.println("newer than the tables: " + procedure));
    }

    /** As when the tables followed libvirt 11.3: what came since is printed as lines for them. */
    @Test
    void whatOlderTablesLackIsPrintedAsTableLines(@TempDir Path older) throws IOException {
        try (Stream<Path> files = Files.walk(TABLES)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy = older.resolve(TABLES.relativize(file));
                Files.createDirectories(copy.getParent());
                Files.writeString(copy, without(Files.readString(file)));
            }
        }
        StringWriter out = new StringWriter();
        assertThat(run(older, "check", out)).as(out.toString()).isIn(1, 3);
        assertThat(out.toString())
                .contains("not in the tables yet: remote 456 DomainAnnounceInterface\n")
                .contains("not in the tables yet: constants BackupBeginFlags:"
                        + " VIR_DOMAIN_BACKUP_BEGIN_PRESERVE_SHUTDOWN_DOMAIN = 2 since 11.10.0\n");

        StringWriter lines = new StringWriter();
        assertThat(run(older, "import", lines)).isZero();
        assertThat(lines.toString().lines())
                .contains(
                        "event 454 DomainEventVcpuRemoved(callbackId: int, domain: DomainRef, vcpuid: uint)"
                                + " for virConnectDomainEventRegisterAny since 12.4.0",
                        "event 455 DomainEventCallbackChannelLifecycle(callbackId: int, domain: DomainRef,"
                                + " channelName: string, state: int, reason: int)"
                                + " for virConnectDomainEventRegisterAny since 12.4.0",
                        "456 DomainAnnounceInterface(domain: DomainRef, device: string, params: TypedParam[?], flags: uint)"
                                + " since 12.5.0",
                        "# into flags BackupBeginFlags of remote",
                        "  preserveShutdownDomain = 0x2 since 11.10.0,",
                        "# into enum DomainEventId of remote",
                        "  vcpuRemoved = 28 since 12.4.0,",
                        "enum ConnectDomainEventChannelLifecycleState for virConnectDomainEventChannelLifecycleState {",
                        "  connected = 1 since 12.4.0,");
    }

    /** Takes away what came after 11.3: statements, constants, and the enums that only these use. */
    private static String without(String table) {
        return table.replaceAll("(?m)^enum Channel\\w+ for [^}]*}\n", "")
                .replaceAll("(?m)^(event 45[45]|456) (?:.|\\R(?=[ )]))*\n", "")
                .replaceAll("(?m)^  \\w+ = \\w+ since (11\\.(6|10)|12\\.\\d+)\\.0,.*\n", "");
    }

    private static int run(Path tables, String command, StringWriter out) {
        List<String> arguments = new ArrayList<>(List.of(command, "--tables", tables.toString()));
        api.forEach(file -> arguments.addAll(List.of("--api", file.toString())));
        arguments.addAll(List.of("--dissector", dissector.toString()));
        return Main.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(out))
                .execute(arguments.toArray(String[]::new));
    }
}
