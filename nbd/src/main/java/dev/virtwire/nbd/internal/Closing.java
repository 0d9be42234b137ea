// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd.internal;

import java.io.IOException;
import java.nio.channels.Channel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Closing what is given up. The reason is known already, and a failure to close changes nothing. */
public final class Closing {
    private static final Logger LOG = LoggerFactory.getLogger(Closing.class);

    private Closing() {}

    public static void close(Channel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            ignored(e);
        }
    }

    /** For a failure on the way out. */
    public static void ignored(IOException e) {
        LOG.debug("A channel did not close cleanly", e);
    }

    /** Waits until {@code thread} has ended, unless it is the current one; an interrupt is kept for later. */
    public static void join(Thread thread) {
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
