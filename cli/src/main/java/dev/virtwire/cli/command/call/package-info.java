// SPDX-License-Identifier: Apache-2.0
/** The command that calls any procedure of libvirt by its name, with arguments and results as JSON. */
@NullMarked
package dev.virtwire.cli.command.call;

import org.jspecify.annotations.NullMarked;
