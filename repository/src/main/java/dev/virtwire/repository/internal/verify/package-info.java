// SPDX-License-Identifier: Apache-2.0
/**
 * Finds out whether what is stored is what was written: small files by their SHA-256, images by the digests of their
 * blocks, and what the guest would see by the digests of the disk's.
 */
@NullMarked
package dev.virtwire.repository.internal.verify;

import org.jspecify.annotations.NullMarked;
