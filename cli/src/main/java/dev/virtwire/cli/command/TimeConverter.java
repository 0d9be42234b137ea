// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command;

import dev.virtwire.jobs.config.Values;
import java.time.Duration;

/** Reads how long to wait: {@code 90s}, {@code 10m}, {@code 2h}, or {@code 0} for not at all. */
public final class TimeConverter extends ValueConverter<Duration> {
    /** Called by picocli. */
    public TimeConverter() {
        super(Values::timeOrNone);
    }
}
