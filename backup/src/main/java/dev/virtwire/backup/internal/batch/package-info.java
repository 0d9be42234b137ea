// SPDX-License-Identifier: Apache-2.0
/** Backups of several domains in one run. */
@NullMarked
package dev.virtwire.backup.internal.batch;

import org.jspecify.annotations.NullMarked;
