// SPDX-License-Identifier: Apache-2.0
/** What stands before the body of every message. Knows nothing of calls. */
@NullMarked
package dev.virtwire.protocol.message;

import org.jspecify.annotations.NullMarked;
