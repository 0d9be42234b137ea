// SPDX-License-Identifier: Apache-2.0
/** How fast messages are read and written, and what that allocates, by JMH. */
@NullMarked
package dev.virtwire.bench.xdr;

import org.jspecify.annotations.NullMarked;
