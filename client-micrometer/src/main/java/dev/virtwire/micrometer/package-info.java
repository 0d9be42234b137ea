// SPDX-License-Identifier: Apache-2.0
/** Connections, calls and backups as Micrometer's meters. Knows nothing of how they work. */
@NullMarked
package dev.virtwire.micrometer;

import org.jspecify.annotations.NullMarked;
