// SPDX-License-Identifier: Apache-2.0
/**
 * The third stage: writes the model as Java, one class here per kind of artefact, and as the description that the
 * client carries. Nothing here can fail on account of a table.
 */
@NullMarked
package dev.virtwire.gen.emit;

import org.jspecify.annotations.NullMarked;
