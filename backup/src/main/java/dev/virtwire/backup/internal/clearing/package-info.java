// SPDX-License-Identifier: Apache-2.0
/** What is cleared after a run that failed or died, on its host and here, as the journal tells. */
@NullMarked
package dev.virtwire.backup.internal.clearing;

import org.jspecify.annotations.NullMarked;
