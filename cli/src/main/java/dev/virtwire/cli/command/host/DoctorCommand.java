// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.host;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.NbdListen;
import dev.virtwire.backup.doctor.Check;
import dev.virtwire.backup.doctor.Check.Result;
import dev.virtwire.backup.doctor.Doctor;
import dev.virtwire.backup.doctor.DoctorReport;
import dev.virtwire.backup.doctor.DoctorRequest;
import dev.virtwire.cli.command.ConnectedCommand;
import dev.virtwire.cli.output.Amounts;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.cli.output.Table;
import dev.virtwire.client.Libvirt;
import dev.virtwire.repository.Operation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code virtwire doctor}: what of a backup would work, before the first one. */
@Command(
        name = "doctor",
        description = {
            "Say what of a backup would work and what would not, before the first one: on the host, in the repository,"
                    + " and for each domain. Nothing is changed on the host.",
            "The exit code is 1 if a backup would fail, and 4 if it would miss something or nobody can tell."
        },
        sortOptions = false)
public final class DoctorCommand extends ConnectedCommand {
    private static final long CANCEL_SECONDS = 10;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "DIR",
            description = "The repository, which need not be there yet. Without it, only the host is looked at.")
    private @Nullable Path folder;

    @Parameters(
            index = "1..*",
            arity = "0..*",
            paramLabel = "DOMAIN",
            description = "These domains, by name or UUID. Default: all of the host.")
    private List<String> domains = new ArrayList<>();

    @Option(
            names = "--scratch",
            paramLabel = "HOSTDIR",
            description = "The host's folder for scratch files that the backups will name.")
    private @Nullable String scratch;

    @Option(
            names = "--nbd",
            paramLabel = "ADDR:PORTS",
            description = "Where the host's export will listen, such as 127.0.0.1:10809-10872.")
    private @Nullable String nbd;

    @Option(
            names = "--own-storage",
            description = "For domains that are off: the backups will say that no other host uses their disks.")
    private boolean ownStorage;

    @Override
    public Integer call() {
        DoctorRequest request = request();
        String uri = uri();
        return examine(request, () -> connect(uri));
    }

    @Override
    protected int run(Libvirt libvirt) {
        return examine(request(), () -> libvirt);
    }

    private DoctorRequest request() {
        DoctorRequest request = DoctorRequest.ofHost().withDomains(domains);
        request = folder == null ? request : request.withRepository(folder);
        request = ownStorage ? request.onOwnStorage() : request;
        request = nbd == null ? request : request.withNbd(listen(nbd));
        try {
            return scratch == null ? request : request.withScratchFolder(scratch);
        } catch (BackupException e) {
            throw CommandException.usage(String.valueOf(e.getMessage()), e);
        }
    }

    private static NbdListen listen(String text) {
        try {
            return NbdListen.parse(text);
        } catch (BackupException e) {
            throw CommandException.usage("--nbd: " + e.getMessage(), e);
        }
    }

    private int examine(DoctorRequest request, Supplier<Libvirt> connect) {
        Operation<DoctorReport> operation = Doctor.examine(request, connect);
        console().interruption().cleanUpBy(() -> {
            operation.cancel().get(CANCEL_SECONDS, TimeUnit.SECONDS);
            return "interrupted; nothing was changed";
        });
        DoctorReport report;
        try {
            report = operation.join();
        } finally {
            console().interruption().awaitIfBegun();
            console().interruption().cleanUpBy(null);
        }
        if (json()) {
            printJson(json -> write(json, report));
        } else if (!quiet()) {
            print(report);
        }
        return conclude(report);
    }

    private void print(DoctorReport report) {
        Table table = Table.of("RESULT", "OF", "CHECK", "FOUND");
        for (Check check : report.checks()) {
            table.row(word(check.result()), check.of(), check.name(), check.found());
            if (check.remedy() != null) {
                table.under("-> " + check.remedy());
            }
        }
        table.print(console());
    }

    private int conclude(DoctorReport report) {
        List<String> failing = with(report, Result.FAILS);
        if (!failing.isEmpty()) {
            throw CommandException.failed(
                    failing.size() + " of " + Amounts.count(report.checks().size(), "check")
                            + (failing.size() == 1 ? " fails: " : " fail: ") + Amounts.few(failing),
                    null);
        }
        List<String> warnings = with(report, Result.WARNING);
        if (!warnings.isEmpty()) {
            warnOfResult(
                    warnings.size() + " of " + Amounts.count(report.checks().size(), "check")
                            + (warnings.size() == 1 ? " warns: " : " warn: ") + Amounts.few(warnings));
        }
        return done();
    }

    private static List<String> with(DoctorReport report, Result result) {
        return report.checks().stream()
                .filter(check -> check.result() == result)
                .map(check -> check.of() + ", " + check.name() + " (" + check.found() + ")")
                .toList();
    }

    private static String word(Result result) {
        return result.name().toLowerCase(Locale.ROOT);
    }

    private static void write(JsonGenerator json, DoctorReport report) throws IOException {
        json.writeStringField("worst", word(report.worst()));
        json.writeArrayFieldStart("checks");
        for (Check check : report.checks()) {
            json.writeStartObject();
            json.writeStringField("kind", check.kind().name().toLowerCase(Locale.ROOT));
            json.writeStringField("of", check.of());
            json.writeStringField("name", check.name());
            json.writeStringField("result", word(check.result()));
            json.writeStringField("found", check.found());
            json.writeStringField("remedy", check.remedy());
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}
