// SPDX-License-Identifier: Apache-2.0
/** The files of a repository: names, JSON, durable writes, the lock and the journal. docs/format.md describes them. */
@NullMarked
package dev.virtwire.repository.internal.format;

import org.jspecify.annotations.NullMarked;
