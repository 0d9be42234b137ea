// SPDX-License-Identifier: Apache-2.0
/** How a connection proves who it is, before it may do anything else. */
@NullMarked
package dev.virtwire.client.internal.auth;

import org.jspecify.annotations.NullMarked;
