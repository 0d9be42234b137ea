// SPDX-License-Identifier: Apache-2.0
/** Reads YAML so that each mistake has a line and a column, and all of them are found at once. */
@NullMarked
package dev.virtwire.jobs.internal.yaml;

import org.jspecify.annotations.NullMarked;
