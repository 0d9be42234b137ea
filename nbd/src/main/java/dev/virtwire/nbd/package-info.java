// SPDX-License-Identifier: Apache-2.0
/**
 * An NBD client for reading exports: {@link dev.virtwire.nbd.NbdConnection} negotiates, reads and asks for block
 * status, {@link dev.virtwire.nbd.ExtentWalker} goes through the extents of a whole export.
 *
 * <p>Each connection is one blocking socket with one reader thread. That is deliberate: a reply's payload goes from the
 * socket straight into the caller's buffer, and what the caller hangs on a future runs on that thread, so that a slow
 * consumer slows the server down instead of filling memory. Several connections to one export multiply the throughput
 * if {@link dev.virtwire.nbd.NbdExport#canMultiConnect()} allows it.
 *
 * <p>Every future completes: with its result, or with an {@link dev.virtwire.nbd.NbdException} that names the server,
 * the export, the request and what went wrong. Nothing is allocated from a length on the wire before the length is
 * checked.
 */
@NullMarked
package dev.virtwire.nbd;

import org.jspecify.annotations.NullMarked;
