// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.testkit.Libvirtd;

class ClientOverUnixIT extends ClientSuite {
    @Override
    String qemuUri(Libvirtd server) {
        return server.unixUri();
    }

    @Override
    String testUri(Libvirtd server) {
        return server.testUnixUri();
    }
}
