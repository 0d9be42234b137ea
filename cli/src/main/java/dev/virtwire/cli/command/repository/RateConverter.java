// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import dev.virtwire.cli.command.ValueConverter;
import dev.virtwire.jobs.config.Values;

/** Reads a rate in bytes a second, such as {@code 512K} or {@code 20M}. */
final class RateConverter extends ValueConverter<Long> {
    RateConverter() {
        super(Values::rate);
    }
}
