// SPDX-License-Identifier: Apache-2.0
/** The folders of a repository: its domains, and the points in them. */
@NullMarked
package dev.virtwire.repository.internal.store;

import org.jspecify.annotations.NullMarked;
