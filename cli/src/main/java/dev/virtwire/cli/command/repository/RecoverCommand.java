// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import dev.virtwire.backup.Backups;
import dev.virtwire.backup.RecoverReport;
import dev.virtwire.cli.command.ConnectedCommand;
import dev.virtwire.cli.command.WaitOption;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.cli.output.Json;
import dev.virtwire.client.Libvirt;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import java.nio.file.Path;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code virtwire recover}: clears up after runs that died. */
@Command(
        name = "recover",
        description = "Clear up after runs that died: their jobs, checkpoints and scratch files on the host, and their"
                + " unfinished points in the repository. Bitmaps that no later backup needs are removed too. What ran on"
                + " other hosts is named, and left.",
        sortOptions = false)
public final class RecoverCommand extends ConnectedCommand {
    @Parameters(paramLabel = "DIR", description = "The repository.")
    private Path folder = Path.of("");

    @Mixin
    private WaitOption wait = new WaitOption();

    /** Connects only if a run left something or a point has a checkpoint. */
    @Override
    public Integer call() {
        return recover(() -> connect(uri()));
    }

    @Override
    protected int run(Libvirt libvirt) {
        return recover(() -> libvirt);
    }

    private int recover(Supplier<Libvirt> connect) {
        RecoverReport report = Backups.recover(
                        Repository.open(folder), connect, wait.patience(), new ProgressListener() {
                            @Override
                            public void progressed(Progress progress) {}

                            @Override
                            public void waiting(String reason) {
                                note(reason);
                            }
                        })
                .join();
        tell("", report.notices());
        if (json()) {
            printJson(json -> {
                json.writeBooleanField("clean", report.clean());
                Json.writeStrings(json, "done", report.done());
                Json.writeStrings(json, "left", report.left());
                Json.writeStrings(json, "busy", report.busy());
                Json.writeNotices(json, report.notices());
            });
        } else {
            report.done().forEach(done -> say("cleared: " + done));
            report.left().forEach(left -> line("left: " + left));
            report.busy()
                    .forEach(busy -> note("domain " + busy + " is being written by another run, and was left alone"));
            if (report.clean() && report.done().isEmpty()) {
                say("there is nothing to clear up");
            }
        }
        if (!report.clean()) {
            throw CommandException.failed(
                    "not everything could be cleared: " + report.left().get(0), null);
        }
        return done();
    }
}
