// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import dev.virtwire.backup.chaos.files.Change;
import dev.virtwire.backup.chaos.files.PowerCut;
import dev.virtwire.backup.chaos.files.Watcher;
import java.io.IOException;

/**
 * Everything that a program does to the world outside, counted from 0: each change to a file, each message to libvirtd.
 * Prints every step and continues, or stops before one of them, never to continue, and says so; whoever reads that
 * kills the program.
 */
final class Steps implements Watcher {
    /** No step is the last. */
    static final int ALL = -1;

    private final int last;
    private final PowerCut power;
    private int next;

    /** Stops before step {@code last}; by a cut of {@code power} if that is not null. */
    Steps(int last, PowerCut power) {
        this.last = last;
        this.power = power;
    }

    /** About to take a step; if it is the last, this never returns, nor does it for any other thread's. */
    synchronized void before(String step) {
        if (last == ALL) {
            System.out.println("step " + step);
        } else if (next >= last) {
            if (power != null) {
                power.lose();
            }
            System.out.println("stopped " + next + " " + step);
            sleepForEver();
        }
        next++;
    }

    private void sleepForEver() {
        while (true) {
            try {
                Thread.sleep(Long.MAX_VALUE);
            } catch (InterruptedException e) {
                System.out.println("interrupted");
            }
        }
    }

    @Override
    public synchronized void before(Change change) throws IOException {
        before(change.toString());
        if (power != null) {
            power.before(change);
        }
    }

    @Override
    public void after(Change change) {
        if (power != null) {
            power.after(change);
        }
    }
}
