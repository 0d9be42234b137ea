// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen;

import dev.virtwire.gen.model.Program;
import dev.virtwire.gen.upstream.ApiConstants;
import dev.virtwire.gen.upstream.Checker;
import dev.virtwire.gen.upstream.ConstantChecker;
import dev.virtwire.gen.upstream.Deviations;
import dev.virtwire.gen.upstream.Difference;
import dev.virtwire.gen.upstream.Dissector;
import dev.virtwire.gen.upstream.DissectorChecker;
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

/** {@code check FILE.x…} */
@Command(
        name = "check",
        description = "Compares the tables with libvirt's own .x files and with its description of its API.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:no difference, and nothing missing",
            "1:differences, or stale entries in the list of deviations",
            "2:something could not be read",
            "3:no difference, but the tables lack procedures or constants"
        })
final class CheckCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private TablesOption tables = new TablesOption();

    @Option(names = "--allow-missing", description = "Exit with 0 if the tables only lack something.")
    private boolean allowMissing;

    @Option(
            names = "--api",
            paramLabel = "FILE.xml",
            description = "libvirt-api.xml, libvirt-admin-api.xml …: constants are compared with those of all of them.")
    private List<Path> api = new ArrayList<>();

    @Option(
            names = "--dissector",
            paramLabel = "FILE.so",
            description = "Wireshark's libvirt dissector of a libvirt whose .x files cannot be had: names, order and"
                    + " kinds of fields are compared.")
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
        Checker.Result result = Checker.check(programs, files);
        if (!api.isEmpty()) {
            result = Checker.join(result, ConstantChecker.check(programs, ApiConstants.read(api)));
        }
        if (dissector != null) {
            result = Checker.join(result, DissectorChecker.check(programs, Dissector.read(dissector)));
        }
        Deviations deviations = Deviations.read(tables.folder().resolve("deviations.txt"));
        List<Difference> differences = deviations.unexpected(result.differences());
        List<String> stale = deviations.stale(result);
        differences.forEach(difference -> out.println("different: " + difference));
        stale.forEach(out::println);
        result.missing().forEach(missing -> out.println("not in the tables yet: " + missing));
        out.println(
                differences.size() + " differences, " + (result.differences().size() - differences.size())
                        + " intended deviations, " + stale.size() + " stale entries, "
                        + result.missing().size() + " not in the tables yet");
        if (!differences.isEmpty() || !stale.isEmpty()) {
            return 1;
        }
        return result.missing().isEmpty() || allowMissing ? 0 : 3;
    }
}
