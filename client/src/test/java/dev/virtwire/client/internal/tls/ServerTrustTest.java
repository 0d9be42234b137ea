// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.tls;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.testkit.TestPki;
import dev.virtwire.testkit.TestPki.Identity;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CAs that end and are renewed. */
class ServerTrustTest {
    private static final Duration HOUR = Duration.ofHours(1);
    private static final CertificateFiles FILES = new CertificateFiles(
            Path.of("cacert.pem"), Path.of("cacrl.pem"), Path.of("clientcert.pem"), Path.of("clientkey.pem"));

    @TempDir
    private Path folder;

    @Test
    void aServerOfACaThatHasExpiredIsRefused() {
        TestPki expired = new TestPki("ca", HOUR.negated());
        assertThatThrownBy(() -> check(List.of(expired), List.of(), expired.server("h")))
                .isInstanceOf(ServerRefusedException.class)
                .hasMessage(
                        "the server's certificate 'CN=server' is refused: its CA 'CN=ca' of cacert.pem expired at %s",
                        expired.authority().getNotAfter().toInstant());
    }

    @Test
    void aCaThatWasRenewedWithItsKeyIsBelieved() {
        TestPki expired = new TestPki("ca", HOUR.negated());
        Identity server = expired.server("h");
        assertThatCode(() -> check(List.of(expired, expired.renewed(HOUR)), List.of(), server))
                .doesNotThrowAnyException();
    }

    @Test
    void ofTwoCasOfOneNameEachHasAListOfItsOwn() {
        TestPki former = new TestPki("ca");
        TestPki renewed = new TestPki("ca");
        Identity server = renewed.server("h");
        X509CRL formers = list(former, former.server("h"));
        X509CRL own = list(renewed, renewed.server("h"));
        List<TestPki> both = List.of(former, renewed);
        assertThatCode(() -> check(both, List.of(formers, own), server)).doesNotThrowAnyException();
        assertThatThrownBy(() -> check(both, List.of(formers, list(renewed, server)), server))
                .hasMessageEndingWith("cacrl.pem says that its CA has revoked it");
        assertThatThrownBy(() -> check(both, List.of(formers), server))
                .hasMessageEndingWith("the revocation list cacrl.pem is not signed by its CA");
    }

    private X509CRL list(TestPki authority, Identity revoked) {
        Path file = folder.resolve("list.pem");
        authority.revoke(revoked.certificate(), HOUR, file);
        return new PemFile(file, "revocation list").revocations().get(0);
    }

    private static void check(List<TestPki> authorities, List<X509CRL> lists, Identity server)
            throws CertificateException {
        List<X509Certificate> certificates =
                authorities.stream().map(TestPki::authority).toList();
        new ServerTrust(FILES, certificates, lists, "h")
                .checkServerTrusted(new X509Certificate[] {server.certificate()}, "ECDHE_ECDSA");
    }
}
