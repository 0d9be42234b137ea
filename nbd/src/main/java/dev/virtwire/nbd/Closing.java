// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import java.io.IOException;
import java.nio.channels.Channel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Closing what is given up, where the reason is known already and a failure to close changes nothing. */
final class Closing {
    private static final Logger LOG = LoggerFactory.getLogger(Closing.class);

    private Closing() {}

    static void close(Channel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            ignored(e);
        }
    }

    /** For a failure on the way out. */
    static void ignored(IOException e) {
        LOG.debug("A channel did not close cleanly", e);
    }
}
