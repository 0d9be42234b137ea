// SPDX-License-Identifier: Apache-2.0
/** Which points of a repository stay, and what prune did with the others. */
@NullMarked
package dev.virtwire.backup.retention;

import org.jspecify.annotations.NullMarked;
