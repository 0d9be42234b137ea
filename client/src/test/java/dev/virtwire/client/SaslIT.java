// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.testkit.FaultyProxy;
import dev.virtwire.testkit.TlsLibvirtd;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Logging in by SASL at a real libvirtd that offers every mechanism, and what keeps one from it. */
@Timeout(120)
class SaslIT {
    private static SaslSetup sasl;
    private static TlsLibvirtd server;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() {
        sasl = new SaslSetup("digest-md5 scram-sha-256 scram-sha-1 plain");
        server = TlsLibvirtd.start(sasl.builder());
    }

    @AfterAll
    static void stop() {
        server.close();
        sasl.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"sasl", "sasl.scram-sha-256", "SASL.SCRAM-SHA-1", "sasl.digest-md5", "sasl.plain"})
    void everyMechanismOpensTheDoorWhereTheChannelIsProtected(String auth) {
        connects(tls("&auth=" + auth), answering(SaslSetup.USER, SaslSetup.PASSWORD));
        ConnectOptions.Builder readOnly =
                answering(SaslSetup.USER, SaslSetup.PASSWORD).readOnly(true);
        connects(
                "test+unix:///default?auth=" + auth + "&socket="
                        + server.libvirtd().socket() + "-ro",
                readOnly);
    }

    @Test
    void plainTcpIsEncryptedByDigestMd5() {
        connects(tcp(""), answering(SaslSetup.USER, SaslSetup.PASSWORD));
        connects(tcp("?auth=sasl"), answering(SaslSetup.USER, SaslSetup.PASSWORD));
    }

    @Test
    void aChangedByteOfTheServersIsFound() throws IOException {
        try (FaultyProxy proxy = FaultyProxy.onTcp(
                new InetSocketAddress("127.0.0.1", server.libvirtd().tcpPort()))) {
            // Far behind the login, in the middle of what is encrypted.
            proxy.toClient().flip(3000, 3);
            try (Libvirt libvirt = Libvirt.connect(
                            "test+tcp://127.0.0.1:%d/default".formatted(proxy.port()),
                            answering(SaslSetup.USER, SaslSetup.PASSWORD).build())
                    .join()) {
                assertThatThrownBy(() -> libvirt.capabilities()
                                .thenCompose(first -> libvirt.capabilities())
                                .join())
                        .cause()
                        .isInstanceOf(ProtocolException.class);
                assertThat(libvirt.closed().join().kind()).isEqualTo(CloseReason.Kind.PROTOCOL_ERROR);
            }
        }
    }

    @Test
    void credentialsComeFromTheAuthFile() throws IOException {
        connects(tcp("?authfile=" + sasl.authFile()), ConnectOptions.builder());
        // A user in the URI wins, and another one's password is not theirs.
        fails(
                tcp("?authfile=" + sasl.authFile()).replace("//", "//nobody@"),
                ConnectOptions.builder(),
                "the server wants the password of 'nobody'; auth.conf has that of 'fred', and no credential callback is there to ask for it");
        connects(
                tcp("").replace("//", "//" + SaslSetup.USER + "@"),
                ConnectOptions.builder().credentials(request -> {
                    assertThat(request)
                            .isEqualTo(new CredentialRequest(
                                    CredentialRequest.Kind.PASSWORD, "127.0.0.1", "Password of fred on 127.0.0.1"));
                    return CompletableFuture.completedFuture(Optional.of(SaslSetup.PASSWORD.toCharArray()));
                }));
        Path missing = folder.resolve("missing.conf");
        assertThatThrownBy(() -> Libvirt.connect(tcp("?authfile=" + missing)).join())
                .cause()
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("authentication file " + missing + " does not exist");
        Path wrong = Files.writeString(folder.resolve("wrong.conf"), "[credentials-x]\npassword " + SaslSetup.PASSWORD);
        assertThatThrownBy(() -> Libvirt.connect(tcp("?authfile=" + wrong)).join())
                .cause()
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(wrong + ", line 2: neither a [group] nor a name=value below one");
    }

    @ParameterizedTest
    @CsvSource(
            value = {
                "SCRAM-SHA-256 | fred  | wrong | the server refused user 'fred' by SCRAM-SHA-256: wrong password",
                "SCRAM-SHA-1   | fred  | wrong | the server refused user 'fred' by SCRAM-SHA-1: wrong password",
                "SCRAM-SHA-256 | ghost | wrong | the server refused user 'ghost' by SCRAM-SHA-256: unknown user",
                "DIGEST-MD5    | fred  | wrong | the server refused user 'fred' by DIGEST-MD5: unknown user, or wrong password",
                "DIGEST-MD5    | ghost | wrong | the server refused user 'ghost' by DIGEST-MD5: unknown user, or wrong password",
                "PLAIN         | fred  | wrong | the server refused user 'fred' by PLAIN: unknown user, or wrong password",
            },
            delimiter = '|')
    void aRefusalNamesTheUserAndWhatIsKnownOfTheReason(String mechanism, String user, String password, String why) {
        fails(tls("&auth=sasl." + mechanism), answering(user, password), why);
    }

    @Test
    void aMechanismThatDoesNotFitIsRefusedBeforeAnythingIsTold() {
        ConnectOptions.Builder nobody = ConnectOptions.builder().credentials(request -> {
            throw new AssertionError("asked for " + request);
        });
        fails(
                tcp("?auth=sasl.plain"),
                nobody,
                "the URI wants the SASL mechanism PLAIN, and the server offers [DIGEST-MD5]");
        fails(tls("&auth=sasl.cram-md5"), nobody, "the URI wants the SASL mechanism CRAM-MD5, and the server offers [");
        fails(tls("&auth=polkit"), nobody, "the URI wants authentication by POLKIT, and the server offers [SASL]");
    }

    /** Whoever is on the way shows any certificate, and offers what tells him the password. */
    @Test
    void aServerThatIsNotVerifiedIsToldNoPassword() {
        ConnectOptions.Builder nobody = ConnectOptions.builder().credentials(request -> {
            throw new AssertionError("asked for " + request);
        });
        fails(
                tls("&no_verify=1&auth=sasl.PLAIN"),
                nobody,
                "the URI wants the SASL mechanism PLAIN, and this side has [SCRAM-SHA-512, SCRAM-SHA-256, SCRAM-SHA-1, DIGEST-MD5] for a peer whose certificate or key is not checked, which is told no password");
        connects(tls("&no_verify=1&auth=sasl.SCRAM-SHA-256"), answering(SaslSetup.USER, SaslSetup.PASSWORD));
    }

    @Test
    void nobodyToAskIsSaidSo() {
        fails(
                tcp(""),
                ConnectOptions.builder(),
                "the server wants a user name; the URI has none, there is no auth.conf, and no credential callback is there to ask for it");
        fails(
                tcp(""),
                ConnectOptions.builder().credentials(request -> CompletableFuture.completedFuture(Optional.empty())),
                "the server wants a user name; the URI has none, there is no auth.conf, and the credential callback did not answer");
    }

    @Test
    void whoIsAskedIsToldWhenNobodyWaitsForTheAnswer() throws Exception {
        SilentCallback.isToldWhenNobodyWaits(tcp("").replace("//", "//" + SaslSetup.USER + "@"));
    }

    /** All that a process prints in which every login succeeds or fails, logging everything. */
    @Test
    void secretsAreSeenNowhere() throws Exception {
        List<String> uris = new ArrayList<>(List.of(tcp(""), tcp("?authfile=" + sasl.authFile())));
        for (String mechanism : List.of("plain", "scram-sha-256", "digest-md5")) {
            uris.add(tls("&auth=sasl." + mechanism));
        }
        assertThat(LoginAttempts.run(uris)).contains("sends AuthSaslStart", "logged in", "refused user 'fred'");
    }

    private static ConnectOptions.Builder answering(String user, String password) {
        return ConnectOptions.builder()
                .credentials(request -> CompletableFuture.supplyAsync(() -> Optional.of(
                        request.kind() == CredentialRequest.Kind.AUTHENTICATION_NAME
                                ? user.toCharArray()
                                : password.toCharArray())));
    }

    private static void connects(String uri, ConnectOptions.Builder options) {
        try (Libvirt libvirt = Libvirt.connect(uri, options.build()).join()) {
            assertThat(libvirt.hostname().join()).isEqualTo("private.libvirtd");
        }
    }

    private static void fails(String uri, ConnectOptions.Builder options, String why) {
        assertThatThrownBy(() -> Libvirt.connect(uri, options.build()).join())
                .cause()
                .isInstanceOf(AuthenticationException.class)
                .hasMessageStartingWith(uri + ": " + why);
    }

    private static String tcp(String more) {
        return "test+tcp://127.0.0.1:%d/default%s".formatted(server.libvirtd().tcpPort(), more);
    }

    private static String tls(String more) {
        return server.uri("test", "default") + more;
    }
}
