// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command;

import dev.virtwire.backup.Patience;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;
import picocli.CommandLine.Option;

/** For how long a command waits if another run is in its way. */
public final class WaitOption {
    @Option(
            names = "--wait",
            paramLabel = "TIME",
            converter = TimeConverter.class,
            description = "If another run is in the way, wait for its end, at most for so long, such as 90s, 30m or 2h."
                    + " Default: 0, fail at once.")
    private Duration longest = Duration.ZERO;

    /** For so long. */
    public Patience patience() {
        return new Patience(longest);
    }

    /** Does some work that begins nothing if another run is in the way; {@code note} is told once what it waits for. */
    public <T> T whenFree(Supplier<T> work, Consumer<String> note) {
        return patience().whenFree(work, note);
    }
}
