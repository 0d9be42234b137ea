// SPDX-License-Identifier: Apache-2.0
/** Commands about the jobs of a configuration file. */
@NullMarked
package dev.virtwire.cli.command.job;

import org.jspecify.annotations.NullMarked;
