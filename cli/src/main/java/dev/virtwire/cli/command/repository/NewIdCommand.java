// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import dev.virtwire.cli.command.AbstractCommand;
import dev.virtwire.cli.command.WaitOption;
import dev.virtwire.cli.output.ExitCode;
import dev.virtwire.repository.Repository;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code virtwire new-id}: a copy of a repository gets an id of its own. */
@Command(
        name = "new-id",
        description =
                "Give a copy of a repository an id of its own, before a backup is made into it. Otherwise the copy"
                        + " and the original remove each other's checkpoints.",
        sortOptions = false)
public final class NewIdCommand extends AbstractCommand {
    @Parameters(index = "0", paramLabel = "DIR", description = "The copy.")
    private Path folder = Path.of("");

    @Mixin
    private WaitOption wait = new WaitOption();

    @Override
    public Integer call() {
        Repository repository = Repository.open(folder);
        String id = wait.whenFree(repository::newId, this::note);
        if (json()) {
            printJson(json -> {
                json.writeStringField("id", id);
                json.writeStringField("formerId", repository.id());
            });
        } else {
            say("new id: " + id + ", was " + repository.id());
        }
        return ExitCode.DONE;
    }
}
