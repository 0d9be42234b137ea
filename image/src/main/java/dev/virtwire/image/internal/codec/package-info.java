// SPDX-License-Identifier: Apache-2.0
/** Compresses single clusters and decompresses them again. Not for use from outside this module. */
@NullMarked
package dev.virtwire.image.internal.codec;

import org.jspecify.annotations.NullMarked;
