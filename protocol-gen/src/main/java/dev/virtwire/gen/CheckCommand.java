// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen;

import dev.virtwire.gen.upstream.Checker;
import dev.virtwire.gen.upstream.Deviations;
import dev.virtwire.gen.upstream.Difference;
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

/** {@code check FILE.x…} */
@Command(
        name = "check",
        description = "Compares the tables with libvirt's own .x files.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:no difference, and nothing missing",
            "1:differences, or stale entries in the list of deviations",
            "2:something could not be read",
            "3:no difference, but the tables lack procedures"
        })
final class CheckCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private TablesOption tables = new TablesOption();

    @Option(names = "--allow-missing", description = "Exit with 0 if the tables only lack procedures.")
    private boolean allowMissing;

    @Parameters(
            arity = "1..*",
            paramLabel = "FILE.x",
            description = "The files; with one that uses another's types name both.")
    private List<Path> files = new ArrayList<>();

    @Override
    public Integer call() throws IOException {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        Checker.Result result = Checker.check(Tables.read(tables.folder()), files);
        Deviations deviations = Deviations.read(tables.folder().resolve("deviations.txt"));
        List<Difference> differences = deviations.unexpected(result.differences());
        List<String> stale = deviations.stale(result);
        differences.forEach(difference -> out.println("different: " + difference));
        stale.forEach(out::println);
        result.missing().forEach(procedure -> out.println("not in the tables yet: " + procedure));
        out.println(
                differences.size() + " differences, " + (result.differences().size() - differences.size())
                        + " intended deviations, " + stale.size() + " stale entries, "
                        + result.missing().size() + " procedures not in the tables yet");
        if (!differences.isEmpty() || !stale.isEmpty()) {
            return 1;
        }
        return result.missing().isEmpty() || allowMissing ? 0 : 3;
    }
}
