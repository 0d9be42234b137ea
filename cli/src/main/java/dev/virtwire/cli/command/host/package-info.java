// SPDX-License-Identifier: Apache-2.0
/** The subcommands that look at a host and its domains. */
@NullMarked
package dev.virtwire.cli.command.host;

import org.jspecify.annotations.NullMarked;
