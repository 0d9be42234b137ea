// SPDX-License-Identifier: Apache-2.0
/**
 * Digests of disks and images: SHA-256 of every 1 MiB block, a tree over them whose all-zero parts cost nothing, and
 * the file that keeps them beside an image. Everything streams; nothing here holds a disk's leaves in memory.
 */
@NullMarked
package dev.virtwire.repository.internal.digest;

import org.jspecify.annotations.NullMarked;
