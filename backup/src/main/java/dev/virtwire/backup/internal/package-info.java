// SPDX-License-Identifier: Apache-2.0
/** What the parts of the backup module share. */
@NullMarked
package dev.virtwire.backup.internal;

import org.jspecify.annotations.NullMarked;
