// SPDX-License-Identifier: Apache-2.0
/** Files that are read, more of them than may be open at once. Not for use from outside Virtwire. */
@NullMarked
package dev.virtwire.image.internal.files;

import org.jspecify.annotations.NullMarked;
