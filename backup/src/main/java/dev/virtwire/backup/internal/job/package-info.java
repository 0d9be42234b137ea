// SPDX-License-Identifier: Apache-2.0
/** One backup of one domain, from the first question to the host to the last file. */
@NullMarked
package dev.virtwire.backup.internal.job;

import org.jspecify.annotations.NullMarked;
