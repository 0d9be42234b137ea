// SPDX-License-Identifier: Apache-2.0
/** A repository in a folder: what lies behind {@link dev.virtwire.repository.Repository}. */
@NullMarked
package dev.virtwire.repository.internal;

import org.jspecify.annotations.NullMarked;
