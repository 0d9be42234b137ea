// SPDX-License-Identifier: Apache-2.0
/**
 * libvirt's own {@code .x} files, as they are, and what they are good for: {@link dev.virtwire.gen.upstream.Checker}
 * compares the tables with them, {@link dev.virtwire.gen.upstream.Importer} writes lines for what the tables lack.
 *
 * <p>What those files leave to C, to comments and to habit is supplied here: sizes that are macros
 * ({@link dev.virtwire.gen.upstream.Macros}), which structs belong to a procedure, which way a stream goes, and which
 * calls pass file descriptors.
 */
@NullMarked
package dev.virtwire.gen.upstream;

import org.jspecify.annotations.NullMarked;
