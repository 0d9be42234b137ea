// SPDX-License-Identifier: Apache-2.0
/** Commands that move the content of storage volumes. */
@NullMarked
package dev.virtwire.cli.command.volume;

import org.jspecify.annotations.NullMarked;
