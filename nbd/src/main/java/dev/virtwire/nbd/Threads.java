// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

/** Waiting for threads. */
final class Threads {
    private Threads() {}

    /** Waits until {@code thread} has ended, unless it is the current one; an interrupt is kept for later. */
    static void join(Thread thread) {
        if (thread == Thread.currentThread()) {
            return;
        }
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
