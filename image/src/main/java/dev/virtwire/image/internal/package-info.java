// SPDX-License-Identifier: Apache-2.0
/** What the readers and writers of {@link dev.virtwire.image} are made of. Not for use from outside this module. */
@NullMarked
package dev.virtwire.image.internal;

import org.jspecify.annotations.NullMarked;
