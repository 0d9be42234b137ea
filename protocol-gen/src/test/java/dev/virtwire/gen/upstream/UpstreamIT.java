// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.gen.Main;
import dev.virtwire.gen.Tables;
import dev.virtwire.gen.emit.Compiled;
import dev.virtwire.gen.emit.JavaEmitter;
import dev.virtwire.gen.model.Area;
import dev.virtwire.gen.model.Linker;
import dev.virtwire.gen.model.Program;
import dev.virtwire.gen.table.TableFile;
import dev.virtwire.gen.table.TableParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tables beside libvirt's own files, which {@code protocol-gen/fetch-upstream} gets. */
class UpstreamIT {
    private static final Path TABLES = Path.of("../src/protocol");

    private static List<Path> files = List.of();
    private static List<Path> oldFiles = List.of();

    @BeforeAll
    static void fetch() throws IOException, InterruptedException {
        Process current = fetching("11.3.0");
        Process old = fetching("9.0.0");
        files = fetched(current);
        oldFiles = fetched(old);
    }

    private static Process fetching(String version) throws IOException {
        return new ProcessBuilder("./fetch-upstream", version)
                .redirectErrorStream(true)
                .start();
    }

    private static List<Path> fetched(Process fetch) throws IOException, InterruptedException {
        String output;
        try (InputStream in = fetch.getInputStream()) {
            output = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        assertThat(fetch.waitFor())
                .as(
                        "protocol-gen/fetch-upstream got no files; it needs apt and the network, or libvirt's tarball as "
                                + "argument once:\n%s",
                        output)
                .isZero();
        String[] lines = output.strip().split("\n");
        Path folder = Path.of(lines[lines.length - 1]);
        return Stream.of("remote_protocol", "qemu_protocol", "lxc_protocol", "admin_protocol", "virkeepaliveprotocol")
                .map(name -> folder.resolve(name + ".x"))
                .toList();
    }

    /** The tables follow a libvirt whose own files are in no package, so they know more than either of these two. */
    @ParameterizedTest
    @CsvSource({"11.3.0, remote 456 DomainAnnounceInterface", "9.0.0, admin 20 ConnectDaemonShutdown"})
    void besideAnOlderLibvirtCheckListsExactlyWhatTheTablesSayCameLater(String version, String example)
            throws IOException {
        List<String> later = new ArrayList<>();
        for (Program program : Tables.read(TABLES)) {
            for (Area area : program.areas()) {
                area.procedures().stream()
                        .filter(procedure -> isLater(procedure.since(), version))
                        .forEach(procedure -> later.add(absent(program, procedure.number(), procedure.name())));
                area.events().stream()
                        .filter(event -> isLater(event.since(), version))
                        .forEach(event -> later.add(absent(program, event.number(), event.name())));
            }
        }
        assertThat(later).contains("different: " + example + ": upstream nothing");

        StringWriter out = new StringWriter();
        assertThat(check(version.equals("9.0.0") ? oldFiles : files, out)).isEqualTo(1);
        List<String> lines = out.toString().lines().toList();
        assertThat(lines.subList(0, lines.size() - 1).stream().map(line -> line.replaceFirst(" \\([^(]*\\)$", "")))
                .containsExactlyInAnyOrderElementsOf(later);
        assertThat(lines.get(lines.size() - 1))
                .startsWith(later.size() + " differences, ")
                .endsWith("0 stale entries, 0 not in the tables yet");
    }

    private static boolean isLater(String since, String version) {
        return Arrays.compare(numbers(since), numbers(version)) > 0;
    }

    private static int[] numbers(String version) {
        return Stream.of(version.split("\\.")).mapToInt(Integer::parseInt).toArray();
    }

    private static String absent(Program program, int number, String name) {
        return "different: %s %d %s: upstream nothing".formatted(program.name(), number, name);
    }

    private static int check(List<Path> upstream, StringWriter out) {
        List<String> arguments = new ArrayList<>(List.of("check", "--tables", TABLES.toString()));
        upstream.forEach(file -> arguments.add(file.toString()));
        return Main.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(out))
                .execute(arguments.toArray(String[]::new));
    }

    /** As after a new libvirt that brings much at once: of the tables only the types that all calls carry are there. */
    @Test
    void everyProcedureOfLibvirtCanBeImportedAndGenerated(@TempDir Path classes) throws IOException {
        List<UpstreamProgram> upstream = Upstream.read(files);
        assertThat(upstream.stream().mapToInt(program -> program.procedures().size()))
                .as("remote, qemu, lxc, admin, keepalive of libvirt 11.3")
                .containsExactly(453, 7, 1, 20, 2);
        List<TableFile> tables = new ArrayList<>(Tables.parse(TABLES));
        tables.removeIf(table -> !table.area().name().equals("Types"));
        List<Program> ours = Linker.link(tables);
        for (UpstreamProgram program : upstream) {
            List<String> lines = Importer.lines(ours, ApiFunctions.read(List.of()), List.of(program));
            if (!lines.isEmpty()) {
                tables.add(TableParser.parse("imported " + program.name(), imported(program, lines)));
            }
        }

        List<Program> whole = Linker.link(tables);
        Checker.Result result = Checker.compare(whole, upstream);
        assertThat(result.missing()).isEmpty();
        assertThat(Deviations.read(TABLES.resolve("deviations.txt")).unexpected(result.differences()))
                .isEmpty();
        Map<String, String> sources = new HashMap<>();
        whole.forEach(program -> sources.putAll(JavaEmitter.emit(program)));
        Compiled.compile(sources, classes);
    }

    /** What a person would do to imported lines: a program's line, an area, and the versions. */
    private static String imported(UpstreamProgram program, List<String> lines) {
        String head = lines.get(0);
        return (head.startsWith("#") ? head : head + " strings 4194304 uses remote")
                + "\narea Imported of " + program.name() + "\n"
                + String.join("\n", lines.subList(1, lines.size())).replace("since ?", "since 0.0");
    }
}
