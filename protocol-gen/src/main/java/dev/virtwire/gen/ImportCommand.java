// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen;

import dev.virtwire.gen.model.Program;
import dev.virtwire.gen.upstream.ApiConstants;
import dev.virtwire.gen.upstream.ApiFunctions;
import dev.virtwire.gen.upstream.ConstantImporter;
import dev.virtwire.gen.upstream.Deviations;
import dev.virtwire.gen.upstream.Dissector;
import dev.virtwire.gen.upstream.DissectorChecker;
import dev.virtwire.gen.upstream.Importer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code import FILE.x…} */
@Command(
        name = "import",
        description =
                "Prints table lines for what libvirt's own .x files, and the description of its API, have and the "
                        + "tables lack. Complete them by hand: what fields mean, which numbers are enums or flags, and each `since ?`.")
final class ImportCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private TablesOption tables = new TablesOption();

    @Option(
            names = "--api",
            paramLabel = "FILE.xml",
            description = "libvirt-api.xml, libvirt-qemu-api.xml …: where functions and versions are looked up. What"
                    + " they have of constants and the tables lack is printed too.")
    private List<Path> api = new ArrayList<>();

    @Option(
            names = "--dissector",
            paramLabel = "FILE.so",
            description = "Wireshark's libvirt dissector of a libvirt whose .x files cannot be had: its lines have"
                    + " a ? for bounds and for what may be missing.")
    private @Nullable Path dissector;

    @Parameters(
            arity = "0..*",
            paramLabel = "FILE.x",
            description = "The files; with one that uses another's types name both.")
    private List<Path> files = new ArrayList<>();

    @Override
    public Integer call() throws IOException {
        if (files.isEmpty() && api.isEmpty() && dissector == null) {
            throw new ParameterException(
                    Objects.requireNonNull(spec).commandLine(),
                    "name a FILE.x, --api FILE.xml, or --dissector FILE.so");
        }
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        List<Program> programs = Tables.read(tables.folder());
        ApiFunctions functions = ApiFunctions.read(api);
        Importer.lines(programs, files, functions).forEach(out::println);
        if (dissector != null) {
            DissectorChecker.lines(programs, Dissector.read(dissector), functions)
                    .forEach(out::println);
        }
        Deviations deviations = Deviations.read(tables.folder().resolve("deviations.txt"));
        ConstantImporter.lines(programs, ApiConstants.read(api), deviations).forEach(out::println);
        return 0;
    }
}
