// SPDX-License-Identifier: Apache-2.0
/** What is in progress in a domain's folder, and who may write there. Knows nothing of points. */
@NullMarked
package dev.virtwire.repository.internal.journal;

import org.jspecify.annotations.NullMarked;
