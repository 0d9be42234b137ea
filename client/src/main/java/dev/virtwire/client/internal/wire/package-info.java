// SPDX-License-Identifier: Apache-2.0
/** Frames on the wire: where one ends, how a server's error reads. Knows nothing of calls. */
@NullMarked
package dev.virtwire.client.internal.wire;

import org.jspecify.annotations.NullMarked;
