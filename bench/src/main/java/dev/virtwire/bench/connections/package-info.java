// SPDX-License-Identifier: Apache-2.0
/** Many connections of one JVM: what each of them costs. */
@NullMarked
package dev.virtwire.bench.connections;

import org.jspecify.annotations.NullMarked;
