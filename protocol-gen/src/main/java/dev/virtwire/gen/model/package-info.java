// SPDX-License-Identifier: Apache-2.0
/**
 * The second stage: {@link dev.virtwire.gen.model.Linker} joins the tables, resolves names to types and finds every
 * error that is no syntax error. What stands in this model is right: bounds are there, numbers and names are unique,
 * types end.
 */
@NullMarked
package dev.virtwire.gen.model;

import org.jspecify.annotations.NullMarked;
