// SPDX-License-Identifier: Apache-2.0
/**
 * The first stage: reads the text of tables into a tree that still speaks in names. Whatever the grammar admits gets
 * through, but for one exception: {@link dev.virtwire.gen.table.TableException} with the file, line and text of each
 * syntax error.
 */
@NullMarked
package dev.virtwire.gen.table;

import org.jspecify.annotations.NullMarked;
