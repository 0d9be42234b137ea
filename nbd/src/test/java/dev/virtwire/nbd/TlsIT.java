// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.nbd.NbdException.Kind;
import dev.virtwire.testkit.TestPki;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Over TLS with nbdkit and qemu-nbd, whose TLS is GnuTLS. */
class TlsIT {
    private static final Duration DAY = Duration.ofDays(1);

    private final TestPki authority = new TestPki("test CA");

    @TempDir
    Path directory;

    private Servers servers;

    @BeforeEach
    void prepare() {
        servers = new Servers(directory);
    }

    @AfterEach
    void end() {
        servers.close();
        assertThat(LifecycleTest.ownThreads()).isEmpty();
    }

    private NbdAddress nbdkit(TestPki.Identity server, String... arguments) {
        Path folder = TestTls.folder(directory, authority, server);
        String[] all = new String[arguments.length + 2];
        all[0] = "--tls=require";
        all[1] = "--tls-certificates=" + folder;
        System.arraycopy(arguments, 0, all, 2, arguments.length);
        return servers.nbdkitOverTcp(all);
    }

    private Path content(int size) throws IOException {
        byte[] bytes = new byte[size];
        new Random(7).nextBytes(bytes);
        return Files.write(directory.resolve("content"), bytes);
    }

    private static void assertFails(NbdAddress address, NbdTls tls, Kind kind, String text) {
        assertThatThrownBy(() -> NbdConnection.open(address, "", NbdOptions.DEFAULT.withTls(tls)))
                .isInstanceOfSatisfying(
                        NbdException.class, e -> assertThat(e.kind()).isEqualTo(kind))
                .hasMessageStartingWith(new NbdUri(address, "") + ": " + text);
    }

    @ParameterizedTest
    @CsvSource({"nbdkit, TLSv1.3", "nbdkit, TLSv1.2", "qemu-nbd, TLSv1.3", "qemu-nbd, TLSv1.2"})
    void everyByteComesThrough(String program, String version) throws Exception {
        Path content = content(20 * 1024 * 1024 + 512);
        TestPki.Identity server = authority.server("127.0.0.1");
        NbdAddress address = program.equals("nbdkit")
                ? nbdkit(server, "--tls-verify-peer", "file", content.toString())
                : servers.qemuNbdOverTcp(
                        "--object",
                        "tls-creds-x509,id=tls,endpoint=server,verify-peer=yes,dir="
                                + TestTls.folder(directory, authority, server),
                        "--tls-creds",
                        "tls",
                        "--format",
                        "raw",
                        content.toString());
        NbdOptions options = NbdOptions.DEFAULT.withTls(TestTls.trusting(authority, authority.client("me"), version));

        for (int connections : new int[] {1, 4}) {
            assertThat(Exports.read(new NbdUri(address, ""), options, connections))
                    .isEqualTo(Files.readAllBytes(content));
        }
    }

    @Test
    void theServerHasToBeOfTheCaAndOfTheHostAndInForce() {
        NbdTls tls = TestTls.trusting(authority, null);
        assertFails(
                nbdkit(authority.server("192.0.2.7"), "null"),
                tls,
                Kind.TLS,
                "TLS failed: No subject alternative names matching IP address 127.0.0.1 found");
        assertFails(
                nbdkit(authority.server(DAY.multipliedBy(-2), DAY.negated(), "127.0.0.1"), "null"),
                tls,
                Kind.TLS,
                "TLS failed: ");
        assertFails(
                nbdkit(authority.server("127.0.0.1"), "null"),
                TestTls.trusting(new TestPki("another CA"), null),
                Kind.TLS,
                "TLS failed: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void aServerThatWantsAnotherCertificateThanOursIsSaidToRefuseIt(String version) {
        NbdAddress address = nbdkit(authority.server("127.0.0.1"), "--tls-verify-peer", "null");
        TestPki stranger = new TestPki("another CA");

        assertFails(address, TestTls.trusting(authority, null, version), Kind.TLS, "TLS failed: the server ");
        assertFails(
                address,
                TestTls.trusting(authority, stranger.client("me"), version),
                Kind.TLS,
                "TLS failed: the server ");
    }

    @Test
    void aServerWithoutTlsIsRefused() {
        NbdAddress address = servers.nbdkitOverTcp("--tls=off", "null");

        assertFails(
                address,
                TestTls.trusting(authority, null),
                Kind.REFUSED,
                "the server's policy forbids NBD_OPT_STARTTLS");
    }
}
