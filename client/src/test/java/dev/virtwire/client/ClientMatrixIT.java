// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.testkit.DebianLibvirtd;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.PrivateLibvirtd;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/**
 * The whole suite by each protected way to each libvirt, this machine's, 11.3 and the newest, and by the newest one's
 * UNIX socket. The usual run has two of them, which are classes of their own: {@link ClientOverTlsIT} and {@link
 * ClientOverDigestMd5IT}. The module client-ssh has those by ssh.
 */
@Tag("matrix")
class ClientMatrixIT {
    private static final String TLS12 = "NORMAL:-VERS-TLS1.3";
    private static final String NEWER = "trixie";

    @Nested
    class Tls13OnNewerLibvirt extends ClientOverTlsIT {
        @Override
        PrivateLibvirtd.Builder builder() {
            return super.builder().debian(NEWER);
        }
    }

    @Nested
    @DebianLibvirtd(DebianLibvirtd.NEWEST)
    class UnixOnNewestLibvirt extends ClientOverUnixIT {}

    @Nested
    class Tls13OnNewestLibvirt extends ClientOverTlsIT {
        @Override
        PrivateLibvirtd.Builder builder() {
            return super.builder().debian(DebianLibvirtd.NEWEST);
        }
    }

    @Nested
    class Tls12 extends ClientOverTlsIT {
        @Override
        String priority() {
            return TLS12;
        }
    }

    @Nested
    class Tls12OnNewerLibvirt extends ClientOverTlsIT {
        @Override
        PrivateLibvirtd.Builder builder() {
            return super.builder().debian(NEWER);
        }

        @Override
        String priority() {
            return TLS12;
        }
    }

    @Nested
    class ScramInTls extends ClientOverTlsIT {
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

    @Nested
    class ScramInTlsOnNewerLibvirt extends ScramInTls {
        @Override
        PrivateLibvirtd.Builder builder() {
            return super.builder().debian(NEWER);
        }
    }

    @Nested
    class ScramInTlsOnNewestLibvirt extends ScramInTls {
        @Override
        PrivateLibvirtd.Builder builder() {
            return super.builder().debian(DebianLibvirtd.NEWEST);
        }
    }

    @Nested
    class DigestMd5OnNewerLibvirt extends ClientOverDigestMd5IT {
        @Override
        PrivateLibvirtd.Builder builder() {
            return super.builder().debian(NEWER);
        }
    }

    @Nested
    class DigestMd5OnNewestLibvirt extends ClientOverDigestMd5IT {
        @Override
        PrivateLibvirtd.Builder builder() {
            return super.builder().debian(DebianLibvirtd.NEWEST);
        }
    }
}
