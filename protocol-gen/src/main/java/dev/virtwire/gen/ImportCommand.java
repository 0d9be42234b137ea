// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen;

import dev.virtwire.gen.upstream.ApiFunctions;
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
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code import FILE.x…} */
@Command(
        name = "import",
        description = "Prints table lines for what libvirt's own .x files have and the tables lack. Complete them by "
                + "hand: what fields mean, which numbers are enums or flags, and each `since ?`.")
final class ImportCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private TablesOption tables = new TablesOption();

    @Option(
            names = "--api",
            paramLabel = "FILE.xml",
            description = "libvirt-api.xml, libvirt-qemu-api.xml …: where functions and versions are looked up.")
    private List<Path> api = new ArrayList<>();

    @Parameters(
            arity = "1..*",
            paramLabel = "FILE.x",
            description = "The files; with one that uses another's types name both.")
    private List<Path> files = new ArrayList<>();

    @Override
    public Integer call() throws IOException {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        Importer.lines(Tables.read(tables.folder()), files, ApiFunctions.read(api))
                .forEach(out::println);
        return 0;
    }
}
