// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.copy;

import dev.virtwire.image.Qcow2Writer;
import dev.virtwire.repository.internal.digest.DigestFileWriter;
import org.jspecify.annotations.Nullable;

/**
 * Where a disk is copied to.
 *
 * @param image the image
 * @param leaves the digests of the disk's blocks, in order
 * @param spool the digests of the image file's blocks, in any order
 * @param log what was copied, for a run that resumes it; null if none can
 * @param increment whether a parent lies beneath, so that zeros have to be written
 * @param comparison what blocks are compared with, or null if the source says what changed or there is no parent
 */
record CopyTarget(
        Qcow2Writer image,
        DigestFileWriter leaves,
        DigestFileWriter.Spool spool,
        @Nullable CopyLog log,
        boolean increment,
        @Nullable Comparison comparison) {}
