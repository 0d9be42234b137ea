// SPDX-License-Identifier: Apache-2.0
/** What others have written, made fit to be shown. Knows nothing of connections. */
@NullMarked
package dev.virtwire.client.internal.text;

import org.jspecify.annotations.NullMarked;
