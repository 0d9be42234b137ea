// SPDX-License-Identifier: Apache-2.0
/**
 * Scripts that complete command lines in shells, made from picocli's model of the commands: what is offered is what is
 * accepted. They complete a host's domains by asking the command, and what a repository holds by looking into its
 * folder.
 */
@NullMarked
package dev.virtwire.cli.completion;

import org.jspecify.annotations.NullMarked;
