// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.PrivateLibvirtd;
import dev.virtwire.testkit.TlsLibvirtd;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/** The whole suite by TLS 1.3. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClientOverTlsIT extends ClientSuite {
    private TlsLibvirtd server;

    @BeforeAll
    void start() {
        server = TlsLibvirtd.start(builder());
    }

    @AfterAll
    void stop() {
        server.close();
    }

    PrivateLibvirtd.Builder builder() {
        return PrivateLibvirtd.builder();
    }

    String priority() {
        return "NORMAL:-VERS-ALL:+VERS-TLS1.3";
    }

    @Override
    Libvirtd server(Libvirtd shared) {
        return server.libvirtd();
    }

    @Override
    String qemuUri(Libvirtd libvirtd) {
        return server.uri("qemu", "system") + "&tls_priority=" + priority();
    }

    @Override
    String testUri(Libvirtd libvirtd) {
        return server.uri("test", "default") + "&tls_priority=" + priority();
    }
}
