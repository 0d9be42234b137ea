// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static dev.virtwire.client.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.testkit.FaultyProxy;
import dev.virtwire.testkit.PrivateLibvirtd;
import dev.virtwire.testkit.TestPki;
import dev.virtwire.testkit.TestPki.Identity;
import dev.virtwire.testkit.TlsLibvirtd;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PKCS8Generator;
import org.bouncycastle.openssl.jcajce.JcaMiscPEMGenerator;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8EncryptorBuilder;
import org.bouncycastle.openssl.jcajce.JcePEMEncryptorBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What keeps TLS from standing, each with its own words; at a real libvirtd where it can be made to do it. */
@Timeout(120)
class TlsIT {
    private static final Duration DAY = Duration.ofDays(1);
    static final String SECRET = "open, simsim";

    private static TlsLibvirtd server;

    @TempDir
    private Path pki;

    @BeforeAll
    static void start() {
        // The server's own pings would show what is tested below too soon.
        server = TlsLibvirtd.start(PrivateLibvirtd.builder().libvirtdConf("keepalive_interval = 120"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /** Each test may spoil files of its own. */
    @BeforeEach
    void copyFiles() throws IOException {
        for (String name : new String[] {"cacert.pem", "clientcert.pem", "clientkey.pem"}) {
            Files.copy(server.pki().resolve(name), pki.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "NORMAL",
                "@SYSTEM",
                "NORMAL:-VERS-ALL:+VERS-TLS1.3",
                "NORMAL:-VERS-TLS1.3",
                "SECURE256:-VERS-TLS1.0:-VERS-TLS1.1:%25SERVER_PRECEDENCE",
                "PFS:-VERS-ALL:+VERS-TLS1.2:-AES-128-GCM:-CHACHA20-POLY1305"
            })
    void connectsByWhatThePriorityAllows(String priority) {
        connects(uri("&tls_priority=" + priority));
    }

    /**
     * Where a libvirtd overlooks a call that came with another, either side's next ping shows it, after a minute or
     * more.
     */
    @Test
    void callsThatAreSentTogetherAreAllAnsweredAtOnce() {
        ConnectOptions options =
                ConnectOptions.builder().keepAlive(Duration.ofMinutes(1), 5).build();
        try (Libvirt libvirt = Libvirt.connect(uri(""), options).join()) {
            for (int round = 0; round < 10; round++) {
                List<CompletableFuture<String>> calls =
                        Stream.generate(libvirt::hostname).limit(4).toList();
                for (CompletableFuture<String> call : calls) {
                    assertThat(call.orTimeout(50, TimeUnit.SECONDS).join()).isNotBlank();
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            value = {
                "NONE:+VERS-TLS1.2 | it begins with 'NONE', and what can be said to Java's TLS begins with @SYSTEM, NORMAL, PERFORMANCE, PFS, SECURE128, SECURE192 or SECURE256",
                "NORMAL:+VERS-TLS1.1 | its part '+VERS-TLS1.1' cannot be said to Java's TLS",
                "NORMAL:-SIGN-RSA-SHA256 | its part '-SIGN-RSA-SHA256' cannot be said to Java's TLS",
                "NORMAL:-VERS-ALL | it leaves no version of TLS",
                "NORMAL: | its part '' cannot be said to Java's TLS",
            },
            delimiter = '|')
    void aPriorityThatCannotBeKeptIsRefused(String priority, String why) {
        String uri = uri("&tls_priority=" + priority);
        assertThatThrownBy(() -> Libvirt.connect(uri))
                .isInstanceOf(InvalidUriException.class)
                .hasMessage("URI '%s': tls_priority '%s': %s", uri, priority, why);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "RSA PKCS#1",
                "RSA PKCS#8",
                "EC SEC1",
                "EC PKCS#8",
                "Ed25519 PKCS#8",
                "RSA encrypted PKCS#1",
                "RSA encrypted PKCS#8",
                "Ed25519 encrypted PKCS#8"
            })
    void everyKindOfKeyOpensTheDoor(String kind) throws Exception {
        KeyPair keys = TestPki.keys(kind.substring(0, kind.indexOf(' ')));
        Identity client = server.authority().client("keys", keys, DAY);
        TestPki.pem(pki.resolve("clientcert.pem"), client.certificate());
        TestPki.pem(pki.resolve("clientkey.pem"), keyObject(kind, keys.getPrivate()));
        ConnectOptions options = ConnectOptions.builder()
                .credentials(request -> CompletableFuture.completedFuture(Optional.of(SECRET.toCharArray())))
                .build();
        try (Libvirt libvirt = Libvirt.connect(uri(""), options).join()) {
            assertThat(libvirt.hostname().join()).isNotBlank();
        }
    }

    private static Object keyObject(String kind, PrivateKey key) throws OperatorCreationException, IOException {
        return keyObject(kind, key, SECRET);
    }

    private static Object keyObject(String kind, PrivateKey key, String passphrase)
            throws OperatorCreationException, IOException {
        if (kind.endsWith("encrypted PKCS#8")) {
            return new JcaPKCS8Generator(
                            key,
                            new JceOpenSSLPKCS8EncryptorBuilder(PKCS8Generator.AES_256_CBC)
                                    .setProvider(new BouncyCastleProvider())
                                    .setPassword(passphrase.toCharArray())
                                    .build())
                    .generate();
        }
        if (kind.endsWith("encrypted PKCS#1")) {
            return new JcaMiscPEMGenerator(
                    key,
                    new JcePEMEncryptorBuilder("AES-256-CBC")
                            .setProvider(new BouncyCastleProvider())
                            .build(passphrase.toCharArray()));
        }
        return kind.endsWith("PKCS#8") ? new JcaPKCS8Generator(key, null).generate() : key;
    }

    @Test
    void anEncryptedKeyNeedsItsPassphrase() throws Exception {
        KeyPair keys = TestPki.keys("EC");
        TestPki.pem(
                pki.resolve("clientcert.pem"),
                server.authority().client("keys", keys, DAY).certificate());
        TestPki.pem(pki.resolve("clientkey.pem"), keyObject("EC encrypted PKCS#8", keys.getPrivate()));
        String key = "private key " + pki.resolve("clientkey.pem") + " is encrypted, and ";
        fails(uri(""), ConfigurationException.class, key + "no credential callback is there to ask for it");
        failsWith(Optional.empty(), key + "the credential callback did not answer");
        failsWith(Optional.of("guessed"), key + "the passphrase given for it is wrong");
    }

    @Test
    void aPassphraseIsSeenNowhere() throws Exception {
        KeyPair keys = TestPki.keys("RSA");
        TestPki.pem(
                pki.resolve("clientcert.pem"),
                server.authority().client("keys", keys, DAY).certificate());
        for (String kind : List.of("RSA encrypted PKCS#1", "RSA encrypted PKCS#8")) {
            TestPki.pem(pki.resolve("clientkey.pem"), keyObject(kind, keys.getPrivate(), SaslSetup.PASSWORD));
            assertThat(LoginAttempts.run(List.of(uri(""))))
                    .contains("logged in", "is encrypted, and the passphrase given for it is wrong");
        }
    }

    @Test
    void whoIsAskedIsToldWhenNobodyWaitsForTheAnswer() throws Exception {
        KeyPair keys = TestPki.keys("EC");
        TestPki.pem(
                pki.resolve("clientcert.pem"),
                server.authority().client("keys", keys, DAY).certificate());
        TestPki.pem(pki.resolve("clientkey.pem"), keyObject("EC encrypted PKCS#8", keys.getPrivate()));
        SilentCallback.isToldWhenNobodyWaits(uri(""));
        for (int i = 0; i < 200; i++) {
            SilentCallback.isToldWhenItsAskerGivesUpAtOnce(uri(""));
        }
    }

    private void failsWith(Optional<String> passphrase, String message) {
        ConnectOptions options = ConnectOptions.builder()
                .credentials(request -> {
                    assertThat(request.kind()).isEqualTo(CredentialRequest.Kind.KEY_PASSPHRASE);
                    assertThat(request.prompt()).isEqualTo("Passphrase of " + pki.resolve("clientkey.pem"));
                    return CompletableFuture.completedFuture(passphrase.map(String::toCharArray));
                })
                .build();
        assertThatThrownBy(() -> Libvirt.connect(uri(""), options).join())
                .cause()
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"NORMAL", "NORMAL:-VERS-TLS1.3"})
    void aClientOfAnotherAuthorityIsRefusedByTheServer(String priority) {
        new TestPki("somebody").client("stranger").write(pki.resolve("clientcert.pem"), pki.resolve("clientkey.pem"));
        String uri = uri("&tls_priority=" + priority);
        fails(
                uri,
                AuthenticationException.class,
                uri + ": the server hung up after the TLS handshake: it refused this side's certificate "
                        + pki.resolve("clientcert.pem") + "; its log says why");
    }

    /** As in a folder that this user may not enter; root may enter any. */
    @Test
    void aKeyThatCannotBeReachedIsNotCalledMissing() throws IOException {
        Path key = pki.resolve("clientkey.pem");
        Files.delete(key);
        Files.createSymbolicLink(key, key);
        assertThatThrownBy(() -> Libvirt.connect(uri("")).join())
                .cause()
                .isInstanceOf(AuthenticationException.class)
                .hasMessageContaining("without a certificate, since " + key + " cannot be reached: ");
    }

    @Test
    void aClientWithoutACertificateIsRefusedByTheServer() throws IOException {
        Files.delete(pki.resolve("clientcert.pem"));
        fails(
                uri(""),
                AuthenticationException.class,
                uri("")
                        + ": the server hung up after the TLS handshake: it refused this side without a certificate, since there is no "
                        + pki.resolve("clientcert.pem") + "; its log says why");
    }

    @Test
    void anExpiredClientCertificateIsRefusedHereAndWithoutThatCheckByTheServer() {
        server.authority()
                .client("late", TestPki.keys("EC"), DAY.negated())
                .write(pki.resolve("clientcert.pem"), pki.resolve("clientkey.pem"));
        assertThatThrownBy(() -> Libvirt.connect(uri("")).join())
                .cause()
                .isInstanceOf(ConfigurationException.class)
                .hasMessageMatching("client certificate \\Q" + pki.resolve("clientcert.pem")
                        + "\\E \\('CN=late'\\) expired at \\d{4}-.*Z");
        fails(
                uri("&no_sanity=1"),
                AuthenticationException.class,
                uri("&no_sanity=1")
                        + ": the server hung up after the TLS handshake: it refused this side's certificate "
                        + pki.resolve("clientcert.pem") + "; its log says why");
    }

    @Test
    void filesThatAreMissingOrWrongAreNamed() throws IOException {
        Path authorities = pki.resolve("cacert.pem");
        Path certificate = pki.resolve("clientcert.pem");
        Path key = pki.resolve("clientkey.pem");
        TestPki.pem(key, TestPki.keys("EC").getPrivate());
        fails(
                uri(""),
                ConfigurationException.class,
                "private key " + key + " does not belong to client certificate " + certificate);
        Files.writeString(key, "nothing of the kind");
        fails(uri(""), ConfigurationException.class, "private key " + key + " holds no private key");
        Files.writeString(certificate, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        assertThatThrownBy(() -> Libvirt.connect(uri("")).join())
                .cause()
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("client certificate " + certificate + " is damaged: ");
        Files.copy(authorities, certificate, StandardCopyOption.REPLACE_EXISTING);
        fails(
                uri(""),
                ConfigurationException.class,
                "client certificate " + certificate + " is the certificate of a CA");
        Files.writeString(pki.resolve("cacrl.pem"), "");
        fails(
                uri(""),
                ConfigurationException.class,
                "CA revocation list " + pki.resolve("cacrl.pem") + " holds no revocation list");
        Files.delete(authorities);
        fails(uri(""), ConfigurationException.class, "CA certificate " + authorities + " does not exist");
        Files.createDirectory(authorities);
        fails(uri(""), ConfigurationException.class, "CA certificate " + authorities + " is a folder");
    }

    @Test
    void aServerOfAnotherAuthorityIsRefused() {
        TestPki.pem(pki.resolve("cacert.pem"), new TestPki("somebody").authority());
        assertThatThrownBy(() -> Libvirt.connect(uri("")).join())
                .cause()
                .isInstanceOf(AuthenticationException.class)
                .hasMessageStartingWith(uri("")
                        + ": the server's certificate 'CN=server' is refused: its issuer 'CN=Virtwire test CA' leads to no CA of "
                        + pki.resolve("cacert.pem") + " (");
    }

    @Test
    void aServerWhoseCertificateIsRevokedIsRefused() throws IOException {
        Path list = pki.resolve("cacrl.pem");
        server.authority().revoke(server.authority().client("other").certificate(), DAY, list);
        connects(uri(""));
        try (TlsImpostor impostor = new TlsImpostor(refusedServer(list, DAY))) {
            refuses(impostor, "127.0.0.1", list + " says that its CA has revoked it");
        }
        try (TlsImpostor impostor =
                new TlsImpostor(refusedServer(list, DAY.negated().plusHours(1)))) {
            assertThatThrownBy(() -> Libvirt.connect(uri("127.0.0.1", impostor.port(), ""))
                            .join())
                    .cause()
                    .hasMessageContaining("the revocation list " + list + " ran out at ");
        }
    }

    private static Identity refusedServer(Path list, Duration nextUpdate) {
        Identity revoked = server.authority().server("127.0.0.1");
        server.authority().revoke(revoked.certificate(), nextUpdate, list);
        return revoked;
    }

    /** Whoever stands on the way has some certificate, and hears nothing of what was meant for the server. */
    @Test
    void anImpostorHearsNotOneByte() throws IOException {
        try (TlsImpostor impostor = new TlsImpostor(new TestPki("somebody").server("127.0.0.1", "localhost"))) {
            refuses(impostor, "127.0.0.1", "its issuer 'CN=somebody' leads to no CA of " + pki.resolve("cacert.pem"));
        }
        try (TlsImpostor impostor = new TlsImpostor(server.authority().server("elsewhere.example", "10.1.2.3"))) {
            refuses(impostor, "127.0.0.1", "it is that of elsewhere.example, 10.1.2.3, and not that of '127.0.0.1'");
            refuses(impostor, "localhost", "it is that of elsewhere.example, 10.1.2.3, and not that of 'localhost'");
        }
        // A name that looks like the address is not the address, and none of the names stands for localhost.
        try (TlsImpostor impostor = new TlsImpostor(server.authority().server("*.localhost"))) {
            refuses(impostor, "localhost", "it is that of *.localhost, and not that of 'localhost'");
        }
        try (TlsImpostor impostor =
                new TlsImpostor(server.authority().server(DAY.multipliedBy(-2), DAY.negated(), "127.0.0.1"))) {
            refuses(impostor, "127.0.0.1", "it expired at ");
        }
        try (TlsImpostor impostor = new TlsImpostor(server.authority().server(DAY, DAY.multipliedBy(2), "127.0.0.1"))) {
            refuses(impostor, "127.0.0.1", "it is valid only from ");
        }
        // What a client of the same CA has is no certificate of a server.
        try (TlsImpostor impostor = new TlsImpostor(server.authority().client("127.0.0.1"))) {
            refuses(impostor, "127.0.0.1", "it is not made for a server (its extended key usage lacks serverAuth)");
        }
    }

    private void refuses(TlsImpostor impostor, String host, String why) {
        int before = impostor.connections();
        String uri = uri(host, impostor.port(), "");
        assertThatThrownBy(() -> Libvirt.connect(uri).join())
                .cause()
                .isInstanceOf(AuthenticationException.class)
                .hasMessageStartingWith(uri + ": the server's certificate 'CN=")
                .hasMessageContaining("' is refused: " + why);
        await().until(() -> impostor.connections() > before);
        assertThat(impostor.received()).isZero();
    }

    @Test
    void withoutChecksAnybodyIsBelievedAndALoudWarningSaysSo() throws IOException {
        TestPki.pem(pki.resolve("cacert.pem"), new TestPki("somebody").authority());
        TraceLog log = TraceLog.begin();
        connects(uri("&no_verify=1"));
        assertThat(log.text())
                .contains("WARN")
                .contains("127.0.0.1: the server's certificate is NOT CHECKED, because the URI says no_verify=1");
        List<String> notices = new CopyOnWriteArrayList<>();
        ConnectOptions options = ConnectOptions.builder().notices(notices::add).build();
        Libvirt.connect(uri("&no_verify=1"), options).join().close();
        assertThat(notices)
                .containsExactly(
                        "127.0.0.1: the server's certificate is NOT CHECKED, because the URI says no_verify=1: whoever is on the way can read and change everything");
    }

    @Test
    void whatIsNoTlsServerIsToldApart() throws IOException {
        int plain = server.libvirtd().tcpPort();
        fails(
                uri("127.0.0.1", plain, ""),
                ConnectFailedException.class,
                "cannot connect to %s: host 127.0.0.1 port %d hung up in the TLS handshake; does libvirtd listen there for TLS?"
                        .formatted(uri("127.0.0.1", plain, ""), plain));
        fails(
                uri("127.0.0.1", 1, ""),
                ConnectFailedException.class,
                "cannot connect to %s: 127.0.0.1 port 1 refused the connection; is libvirtd listening there?"
                        .formatted(uri("127.0.0.1", 1, "")));
    }

    @Test
    void anImpatientClientGivesUpInTheHandshake() throws IOException {
        try (FaultyProxy proxy = FaultyProxy.onTcp(new InetSocketAddress("127.0.0.1", server.port()))) {
            proxy.toClient().swallowAfter(0);
            String uri = uri("127.0.0.1", proxy.port(), "");
            ConnectOptions impatient = ConnectOptions.builder()
                    .connectTimeout(Duration.ofMillis(1500))
                    .build();
            assertThatThrownBy(() -> Libvirt.connect(uri, impatient).join())
                    .cause()
                    .isInstanceOf(ConnectFailedException.class)
                    .hasMessage("cannot connect to %s: not done within PT1.5S", uri);
        }
    }

    private void connects(String uri) {
        try (Libvirt libvirt = Libvirt.connect(uri).join()) {
            assertThat(libvirt.hostname().join()).isNotBlank();
        }
    }

    private static void fails(String uri, Class<? extends LibvirtException> kind, String message) {
        assertThatThrownBy(() -> Libvirt.connect(uri).join())
                .cause()
                .isInstanceOf(kind)
                .hasMessage(message);
    }

    private String uri(String more) {
        return uri("127.0.0.1", server.port(), more);
    }

    private String uri(String host, int port, String more) {
        return "test+tls://%s:%d/default?pkipath=%s%s".formatted(host, port, pki, more);
    }
}
