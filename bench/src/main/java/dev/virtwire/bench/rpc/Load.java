// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.bench.rpc;

/** Calls that a number of callers make on one connection, each its next when it has the answer to its last. */
interface Load {
    /** Calls until {@code end} of {@link System#nanoTime}; returns how many calls were answered. */
    long run(long end) throws InterruptedException;
}
