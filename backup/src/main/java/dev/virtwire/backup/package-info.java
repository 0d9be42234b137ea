// SPDX-License-Identifier: Apache-2.0
/**
 * Backups of running guests: a {@link dev.virtwire.repository.Repository} on disk, points in it, and what makes,
 * verifies and restores them.
 *
 * <p>Everything here blocks but where a method says otherwise; call it from a thread of your own. Errors are
 * {@link dev.virtwire.backup.BackupException}s whose message names what was wrong and where.
 */
@NullMarked
package dev.virtwire.backup;

import org.jspecify.annotations.NullMarked;
