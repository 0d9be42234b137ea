// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.PrivateLibvirtd;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;

/** The whole suite by TLS with SCRAM inside. */
@Tag("matrix")
class ClientOverTlsScramIT extends ClientOverTlsIT {
    private final SaslSetup sasl = new SaslSetup("scram-sha-256");

    @Override
    PrivateLibvirtd.Builder builder() {
        return sasl.builder();
    }

    @AfterAll
    void removeUsers() {
        sasl.close();
    }

    @Override
    String qemuUri(Libvirtd libvirtd) {
        return super.qemuUri(libvirtd) + "&auth=sasl.scram-sha-256&authfile=" + sasl.authFile();
    }

    @Override
    String testUri(Libvirtd libvirtd) {
        return super.testUri(libvirtd) + "&auth=sasl&authfile=" + sasl.authFile();
    }
}
