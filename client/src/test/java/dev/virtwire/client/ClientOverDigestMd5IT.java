// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.PrivateLibvirtd;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/** The whole suite over plain TCP, which DIGEST-MD5 encrypts. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClientOverDigestMd5IT extends ClientSuite {
    private final SaslSetup sasl = new SaslSetup("digest-md5");
    private PrivateLibvirtd server;

    @BeforeAll
    void start() {
        server = builder().start();
    }

    @AfterAll
    void stop() {
        server.close();
        sasl.close();
    }

    PrivateLibvirtd.Builder builder() {
        return sasl.builder();
    }

    @Override
    Libvirtd server(Libvirtd shared) {
        return server;
    }

    @Override
    String qemuUri(Libvirtd libvirtd) {
        return libvirtd.tcpUri() + "?auth=sasl.digest-md5&authfile=" + sasl.authFile();
    }

    @Override
    String testUri(Libvirtd libvirtd) {
        return libvirtd.testTcpUri() + "?authfile=" + sasl.authFile();
    }
}
