// SPDX-License-Identifier: Apache-2.0
/** Programs that {@code bench/run} starts beside those of our peers. */
@NullMarked
package dev.virtwire.bench;

import org.jspecify.annotations.NullMarked;
