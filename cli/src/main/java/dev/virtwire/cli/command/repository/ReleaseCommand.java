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

/** {@code virtwire release}: a point stays no longer than the rules say. */
@Command(
        name = "release",
        description = "Release a point that is held: the next prune keeps it only if a rule does.",
        sortOptions = false)
public final class ReleaseCommand extends AbstractCommand {
    @Parameters(index = "0", paramLabel = "DIR", description = "The repository.")
    private Path folder = Path.of("");

    @Parameters(index = "1", paramLabel = "DOMAIN@POINT", description = "The point.")
    private String name = "";

    @Mixin
    private WaitOption wait = new WaitOption();

    @Override
    public Integer call() {
        Repository repository = Repository.open(folder);
        PointName chosen = PointName.parseOne(repository, name);
        String point = String.valueOf(chosen.point());
        wait.whenFree(
                () -> {
                    repository.release(chosen.domain(), point);
                    return point;
                },
                this::note);
        if (json()) {
            printJson(json -> {
                json.writeStringField("domain", chosen.domain());
                json.writeStringField("released", point);
            });
        } else {
            say("released: " + name);
        }
        return ExitCode.DONE;
    }
}
