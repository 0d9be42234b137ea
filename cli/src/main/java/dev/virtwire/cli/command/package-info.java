// SPDX-License-Identifier: Apache-2.0
/** {@code virtwire} itself, the subcommands about itself, and what all subcommands are built on. */
@NullMarked
package dev.virtwire.cli.command;

import org.jspecify.annotations.NullMarked;
