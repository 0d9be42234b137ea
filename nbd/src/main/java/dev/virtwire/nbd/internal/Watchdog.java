// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd.internal;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One daemon thread that looks after all connections, because a blocking read has no time limit of its own. It lives as
 * long as something is watched, and sleeps until the next moment at which something may be due.
 */
public final class Watchdog {
    /** Something with a time limit. */
    public interface Watched {
        /**
         * Acts if the limit has passed; must not block.
         *
         * @param now {@link System#nanoTime()}
         * @return nanoseconds until it wants to be asked again
         */
        long check(long now);
    }

    private static final Object LOCK = new Object();
    private static final Set<Watched> WATCHED = new LinkedHashSet<>();
    private static @Nullable Thread thread;

    private Watchdog() {}

    public static void add(Watched watched) {
        synchronized (LOCK) {
            WATCHED.add(watched);
            if (thread == null) {
                thread = new Thread(Watchdog::run, "nbd watchdog");
                thread.setDaemon(true);
                thread.start();
            } else {
                LockSupport.unpark(thread);
            }
        }
    }

    /** Returns after the thread has ended if nothing else is watched. */
    public static void remove(Watched watched) {
        Thread ending = null;
        synchronized (LOCK) {
            if (WATCHED.remove(watched) && WATCHED.isEmpty()) {
                ending = thread;
                thread = null;
                LockSupport.unpark(ending);
            }
        }
        if (ending != null) {
            Closing.join(ending);
        }
    }

    private static void run() {
        while (true) {
            List<Watched> all;
            synchronized (LOCK) {
                if (thread != Thread.currentThread()) {
                    return;
                }
                all = List.copyOf(WATCHED);
            }
            long next = Long.MAX_VALUE;
            for (Watched watched : all) {
                next = Math.min(next, watched.check(System.nanoTime()));
            }
            // What is added or removed meanwhile has this return at once.
            LockSupport.parkNanos(Math.max(1, next));
        }
    }
}
