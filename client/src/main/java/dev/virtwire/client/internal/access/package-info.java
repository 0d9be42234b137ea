// SPDX-License-Identifier: Apache-2.0
/** What our own modules need of a connection, and users do not. */
@NullMarked
package dev.virtwire.client.internal.access;

import org.jspecify.annotations.NullMarked;
