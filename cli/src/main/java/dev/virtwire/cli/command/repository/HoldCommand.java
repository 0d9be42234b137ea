// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import dev.virtwire.cli.command.AbstractCommand;
import dev.virtwire.cli.command.WaitOption;
import dev.virtwire.cli.output.ExitCode;
import dev.virtwire.repository.Hold;
import dev.virtwire.repository.Repository;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code virtwire hold}: a point stays, whatever the rules say. */
@Command(
        name = "hold",
        description =
                "Hold a point: prune, backup --keep and forget let it stay until it is released. 'virtwire points'"
                        + " shows what is held.",
        sortOptions = false)
public final class HoldCommand extends AbstractCommand {
    @Parameters(index = "0", paramLabel = "DIR", description = "The repository.")
    private Path folder = Path.of("");

    @Parameters(index = "1", paramLabel = "DOMAIN@POINT", description = "The point.")
    private String name = "";

    @Option(names = "--reason", paramLabel = "TEXT", description = "Why, one line for people.")
    private @Nullable String reason;

    @Mixin
    private WaitOption wait = new WaitOption();

    @Override
    public Integer call() {
        Repository repository = Repository.open(folder);
        PointName chosen = PointName.parseOne(repository, name);
        String point = String.valueOf(chosen.point());
        Hold hold = wait.whenFree(() -> repository.hold(chosen.domain(), point, reason), this::note);
        if (json()) {
            printJson(json -> {
                json.writeStringField("domain", chosen.domain());
                PointJson.write(json, hold);
            });
        } else {
            say("held: " + name);
        }
        return ExitCode.DONE;
    }
}
