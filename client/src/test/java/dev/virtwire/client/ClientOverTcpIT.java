// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.testkit.Libvirtd;

class ClientOverTcpIT extends ClientSuite {
    @Override
    String qemuUri(Libvirtd server) {
        return server.tcpUri();
    }

    @Override
    String testUri(Libvirtd server) {
        return server.testTcpUri();
    }
}
