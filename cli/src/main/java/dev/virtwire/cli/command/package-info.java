// SPDX-License-Identifier: Apache-2.0
/** The subcommands, a class each, and the options that several of them share. */
@NullMarked
package dev.virtwire.cli.command;

import org.jspecify.annotations.NullMarked;
