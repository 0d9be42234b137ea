// SPDX-License-Identifier: Apache-2.0
/** Where a disk's blocks come from and where they go to. Whoever brings another kind of disk implements these. */
@NullMarked
package dev.virtwire.repository.internal.disk;

import org.jspecify.annotations.NullMarked;
