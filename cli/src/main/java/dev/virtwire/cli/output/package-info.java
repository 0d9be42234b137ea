// SPDX-License-Identifier: Apache-2.0
/** How the command speaks: tables, JSON, amounts, progress, errors. Knows no subcommand. */
@NullMarked
package dev.virtwire.cli.output;

import org.jspecify.annotations.NullMarked;
