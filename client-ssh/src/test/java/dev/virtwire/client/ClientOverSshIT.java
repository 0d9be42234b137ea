// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.PrivateLibvirtd;
import dev.virtwire.testkit.PrivateSshd;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/** The whole suite by ssh, with libvirt's own helper at the other end. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClientOverSshIT extends ClientSuite {
    private PrivateLibvirtd libvirtd;
    private PrivateSshd sshd;

    @BeforeAll
    void start() {
        libvirtd = builder().start();
        sshd = PrivateSshd.builder(libvirtd).start();
    }

    @AfterAll
    void stop() {
        sshd.close();
        libvirtd.close();
    }

    PrivateLibvirtd.Builder builder() {
        return PrivateLibvirtd.builder();
    }

    /** What the URI says besides. */
    String more() {
        return "&proxy=native";
    }

    @Override
    Libvirtd server(Libvirtd shared) {
        return libvirtd;
    }

    @Override
    String qemuUri(Libvirtd server) {
        return sshd.uri("qemu", "system") + more();
    }

    @Override
    String testUri(Libvirtd server) {
        return sshd.uri("test", "default") + more();
    }
}
