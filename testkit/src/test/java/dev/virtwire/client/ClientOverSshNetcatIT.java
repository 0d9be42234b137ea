// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import org.junit.jupiter.api.Tag;

/** The whole suite by ssh, with netcat at the other end. */
@Tag("matrix")
class ClientOverSshNetcatIT extends ClientOverSshIT {
    @Override
    String more() {
        return "&proxy=netcat";
    }
}
