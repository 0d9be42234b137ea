// SPDX-License-Identifier: Apache-2.0
/** What a host is asked and told, beside its jobs: facts, checkpoints, files, and to hold a guest still. */
@NullMarked
package dev.virtwire.backup.internal.host;

import org.jspecify.annotations.NullMarked;
