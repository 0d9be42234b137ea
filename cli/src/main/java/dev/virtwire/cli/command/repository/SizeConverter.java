// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import dev.virtwire.cli.command.ValueConverter;
import dev.virtwire.jobs.config.Values;

/** Reads a size in bytes, such as {@code 512M} or {@code 20G}. */
final class SizeConverter extends ValueConverter<Long> {
    SizeConverter() {
        super(Values::size);
    }
}
