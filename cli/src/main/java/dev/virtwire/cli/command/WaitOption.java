// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command;

import dev.virtwire.cli.output.Amounts;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.repository.RepositoryBusyException;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;
import picocli.CommandLine.Option;

/** For how long a command waits if another run is in its way. */
public final class WaitOption {
    private static final Duration AGAIN = Duration.ofSeconds(1);

    @Option(
            names = "--wait",
            paramLabel = "TIME",
            converter = TimeConverter.class,
            description = "If another run is in the way, wait for its end, at most for so long, such as 90s, 30m or 2h."
                    + " Default: 0, fail at once.")
    private Duration longest = Duration.ZERO;

    /** Does some work that begins nothing if another run is in the way; {@code note} is told once what it waits for. */
    public <T> T whenFree(Supplier<T> work, Consumer<String> note) {
        long began = System.nanoTime();
        for (boolean first = true; ; first = false) {
            try {
                return work.get();
            } catch (RepositoryBusyException e) {
                long left = longest.toNanos() - (System.nanoTime() - began);
                if (left <= 0) {
                    throw longest.isZero()
                            ? e
                            : new RepositoryBusyException(
                                    e.reason(), ". It was waited for, " + Amounts.duration(longest));
                }
                if (first) {
                    note.accept("it waits for at most " + Amounts.duration(longest) + ", because " + e.reason());
                }
                pause(Math.min(left, AGAIN.toNanos()));
            }
        }
    }

    private static void pause(long nanos) {
        try {
            Thread.sleep(nanos / 1_000_000 + 1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandException.failed("interrupted while it waited for another run", e);
        }
    }
}
