// SPDX-License-Identifier: Apache-2.0
/**
 * The {@code virtwire} command: {@link dev.virtwire.cli.Main} reads the command line, runs one of
 * {@code dev.virtwire.cli.command}'s classes and turns what it threw into one line and an exit code. docs/command.md
 * describes what users see.
 */
@NullMarked
package dev.virtwire.cli;

import org.jspecify.annotations.NullMarked;
