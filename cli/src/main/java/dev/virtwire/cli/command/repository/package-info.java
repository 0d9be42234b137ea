// SPDX-License-Identifier: Apache-2.0
/** The subcommands that fill a repository, look at it, and restore from it. */
@NullMarked
package dev.virtwire.cli.command.repository;

import org.jspecify.annotations.NullMarked;
