// SPDX-License-Identifier: Apache-2.0
/**
 * Disk images on files: qcow2 and raw, written, read, followed along their backing chain, and checked.
 *
 * <p>A writer is filled once, by as many threads as the caller likes, and counts as an image only after
 * {@link dev.virtwire.image.ImageWriter#finish()}. A reader trusts nothing in the file: every field and every offset
 * is checked before it is used, and whatever is wrong comes as an {@link dev.virtwire.image.ImageException} that
 * names the file and the place. Memory is bounded in both, however large the disk.
 */
@NullMarked
package dev.virtwire.image;

import org.jspecify.annotations.NullMarked;
