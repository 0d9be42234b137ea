// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.testkit.PrivateLibvirtd;
import org.junit.jupiter.api.Tag;

/** The whole suite by TLS 1.2, against libvirt 11.3. */
@Tag("matrix")
class ClientOverTls12OnNewerLibvirtIT extends ClientOverTlsIT {
    @Override
    PrivateLibvirtd.Builder builder() {
        return PrivateLibvirtd.builder().debian("trixie");
    }

    @Override
    String priority() {
        return "NORMAL:-VERS-TLS1.3";
    }
}
