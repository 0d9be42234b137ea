// SPDX-License-Identifier: Apache-2.0
/** The floor under the command's start. */
@NullMarked
package dev.virtwire.bench.start;

import org.jspecify.annotations.NullMarked;
