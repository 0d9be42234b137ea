// SPDX-License-Identifier: Apache-2.0
/** How the client works inside; nothing here is API. */
@NullMarked
package dev.virtwire.client.internal;

import org.jspecify.annotations.NullMarked;
