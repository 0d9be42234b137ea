// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static dev.virtwire.client.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.testkit.FaultyProxy;
import dev.virtwire.testkit.PrivateLibvirtd;
import dev.virtwire.testkit.PrivateSshd;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What lets one in by ssh and what keeps one out, each with its own words, at OpenSSH's real sshd. */
@Timeout(120)
class SshIT {
    static final String PASSPHRASE = "open, sesame";

    // RFC 4250, numbers of messages
    private static final int DISCONNECT = 1;
    private static final int SERVICE_REQUEST = 5;
    private static final int KEXINIT = 20;
    private static final int NEWKEYS = 21;
    private static final int KEX_INIT_OF_METHOD = 30;
    private static final int USERAUTH_REQUEST = 50;
    private static final int CHANNEL_OPEN = 90;

    private static PrivateLibvirtd libvirtd;
    private static PrivateSshd sshd;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() {
        libvirtd = PrivateLibvirtd.start();
        sshd = PrivateSshd.builder(libvirtd)
                .hostKey("rsa")
                .hostKey("ed25519")
                .user(SaslSetup.USER, SaslSetup.PASSWORD)
                .start();
    }

    @AfterAll
    static void stop() {
        sshd.close();
        libvirtd.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "&proxy=native&mode=legacy",
                "&netcat=nc.openbsd&sshauth=privkey",
                "&socket=/run/libvirt/libvirt-sock&no_tty=1"
            })
    void everyWayToTheSocketLeadsThere(String more) {
        connects(uri(more), asking());
    }

    @Test
    void readOnlyConnectionsAreReadOnly() {
        for (String proxy : List.of("native", "netcat")) {
            ConnectOptions.Builder options = asking().readOnly(true);
            try (Libvirt libvirt =
                    Libvirt.connect(uri("&proxy=" + proxy), options.build()).join()) {
                assertThatThrownBy(() -> libvirt.domain("test").join().destroy().join())
                        .cause()
                        .hasMessageContaining("read only");
            }
        }
    }

    @Test
    void libsshAndLibssh2AreTheSame() {
        connects(uri("").replace("+ssh:", "+libssh:"), asking());
        connects(uri("").replace("+ssh:", "+LibSSH2:"), asking());
    }

    // ---- whom to believe

    @Test
    void anUnknownHostIsRefusedBeforeAnythingIsSaid() throws Exception {
        Path empty = Files.createFile(folder.resolve("known_hosts"));
        int before = logins(sshd);
        fails(
                uri(empty, ""),
                asking(),
                AuthenticationException.class,
                ": host %s is not known: it shows the %s, and no key of it is in %s; nothing was sent. Compare the key with what its administrator says, then add it (ssh-keyscan -p %d 127.0.0.1 >> %s), or have the first one added by known_hosts_verify=auto"
                        .formatted(name(sshd), shown(sshd, "ed25519"), empty, sshd.port(), empty));
        assertThat(logins(sshd)).isEqualTo(before);
    }

    /** Somebody on the way has another key, whatever host they claim to be. */
    @Test
    void aChangedKeyIsRefusedBeforeAnythingIsSaid() throws Exception {
        try (PrivateSshd impostor =
                PrivateSshd.builder(libvirtd).line("LogLevel DEBUG3").start()) {
            Path known = folder.resolve("known_hosts");
            String key = Files.readString(sshd.directory().resolve("host_ed25519.pub"));
            Files.writeString(known, "# ours\n\n%s %s".formatted(name(impostor), key));
            // The impostor would let us in, and forwards to libvirtd: only we can refuse.
            Files.writeString(
                    impostor.authorizedKeys(), Files.readString(sshd.authorizedKeys()), StandardOpenOption.APPEND);
            String uri = "test+ssh://root@127.0.0.1:%d/default?keyfile=%s&known_hosts=%s"
                    .formatted(impostor.port(), sshd.identity(), known);
            fails(
                    uri,
                    asking(),
                    AuthenticationException.class,
                    ": THE KEY OF HOST %s HAS CHANGED: it shows the %s, and line 3 of %s has another ssh-ed25519 key. The host was set up again, or somebody is on the way; nothing was sent. If its administrator confirms the new key, remove the old one by: ssh-keygen -f '%s' -R '%s'"
                            .formatted(name(impostor), shown(impostor, "ed25519"), known, known, name(impostor)));
            fails(
                    uri + "&known_hosts_verify=auto",
                    asking(),
                    AuthenticationException.class,
                    ": THE KEY OF HOST " + name(impostor) + " HAS CHANGED");
            assertThat(logins(impostor)).isZero();
            // Of all that it received, not one packet is of a service's, a login's or a channel's.
            assertThat(packets(impostor)).isNotEmpty().isSubsetOf(DISCONNECT, KEXINIT, NEWKEYS, KEX_INIT_OF_METHOD);
            connects(uri + "&known_hosts_verify=ignore", asking());
            connects(uri + "&no_verify=1", asking());
            assertThat(packets(impostor)).contains(SERVICE_REQUEST, USERAUTH_REQUEST, CHANNEL_OPEN);
        }
    }

    /** A key signs for one session and no other; a password serves whoever hears it. */
    @Test
    void evenUncheckedAHostWithAChangedKeyHearsNoPassword() throws Exception {
        try (PrivateSshd impostor =
                PrivateSshd.builder(libvirtd).line("PasswordAuthentication yes").start()) {
            Path known = folder.resolve("known_hosts");
            Files.createFile(known);
            String uri = "test+ssh://%s@127.0.0.1:%d/default?known_hosts=%s&no_verify=1&sshauth=password"
                    .formatted(SaslSetup.USER, impostor.port(), known);
            connects(uri, answering(SaslSetup.PASSWORD));
            assertThat(impostor.log()).containsOnlyOnce("Accepted password");

            Files.writeString(
                    known,
                    name(impostor) + " " + Files.readString(sshd.directory().resolve("host_ed25519.pub")));
            fails(
                    uri,
                    asking(),
                    AuthenticationException.class,
                    ": host %s does not let user 'fred' in; it accepts publickey, password; tried: no password, since the host's key is not the one that is known of it, whether that is checked or not"
                            .formatted(name(impostor)));
            assertThat(impostor.log()).containsOnlyOnce("Accepted password").doesNotContain("Failed password");
        }
    }

    @Test
    void aHostThatCanOnlySignBySha1IsRefused() throws Exception {
        try (PrivateSshd old = PrivateSshd.builder(libvirtd)
                .hostKey("rsa")
                .line("HostKeyAlgorithms ssh-rsa")
                .start()) {
            String uri = old.uri("test", "/default");
            assertThatThrownBy(() -> Libvirt.connect(uri, asking().build()).join())
                    .cause()
                    .isInstanceOf(ConnectFailedException.class)
                    .hasMessageStartingWith("cannot connect to %s: ssh to host %s failed:".formatted(uri, name(old)))
                    .hasMessageContaining("ssh-rsa");
        }
    }

    @Test
    void aRevokedKeyIsRefused() throws Exception {
        Path known = folder.resolve("known_hosts");
        String key = Files.readString(sshd.directory().resolve("host_ed25519.pub"));
        Files.writeString(known, "%s %s@revoked * %s".formatted(name(sshd), key, key));
        fails(
                uri(known, ""),
                asking(),
                AuthenticationException.class,
                ": host %s shows the %s, which line 2 of %s calls revoked; nothing was sent"
                        .formatted(name(sshd), shown(sshd, "ed25519"), known));
    }

    @Test
    void theFirstKeyIsTakenWhereThatIsAskedForAndNoOtherAfterwards() throws Exception {
        Path known = folder.resolve("new/known_hosts");
        connects(uri(known, "&known_hosts_verify=auto"), asking());
        assertThat(known).content().startsWith(name(sshd) + " ssh-ed25519 ");
        connects(uri(known, ""), asking());
        Files.writeString(
                known, name(sshd) + " " + Files.readString(sshd.directory().resolve("identity.pub")));
        fails(uri(known, "&known_hosts_verify=auto"), asking(), AuthenticationException.class, ": THE KEY OF HOST ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rsa", "ed25519"})
    void ofSeveralKeysTheKnownOneIsAskedForPlainOrHashed(String type) throws Exception {
        Path known = folder.resolve("known_hosts");
        Files.writeString(
                known,
                name(sshd) + " " + Files.readString(sshd.directory().resolve("host_" + type + ".pub"))
                        + "# a comment\n");
        connects(uri(known, ""), asking());
        run("ssh-keygen", "-q", "-H", "-f", known.toString());
        assertThat(known).content().startsWith("|1|");
        connects(uri(known, ""), asking());
    }

    // ---- how to be believed

    @ParameterizedTest
    @CsvSource({"ed25519, RFC4716", "rsa, PEM", "ecdsa, PKCS8"})
    void everyKindOfKeyOpensTheDoor(String type, String format) throws Exception {
        Path key = key(type, format, "");
        connects(as(key), asking());
        run("ssh-keygen", "-q", "-p", "-P", "", "-N", PASSPHRASE, "-m", format, "-f", key.toString());
        connects(as(key), answering(PASSPHRASE));
        fails(
                as(key),
                answering("wrong"),
                ConfigurationException.class,
                "private key " + key + " is encrypted, and the passphrase given for it is wrong");
    }

    @Test
    void aKeyThatWasNamedMustBeThereAndReadable() throws Exception {
        Path key = key("ed25519", "RFC4716", PASSPHRASE);
        fails(
                as(key),
                ConnectOptions.builder(),
                ConfigurationException.class,
                "private key " + key + " is encrypted, and no credential callback is there to ask for it");
        fails(
                as(key) + "&no_tty=1",
                answering(PASSPHRASE),
                ConfigurationException.class,
                "private key " + key + " is encrypted, and no credential callback is there to ask for it");
        Path nowhere = folder.resolve("nowhere");
        fails(as(nowhere), asking(), ConfigurationException.class, "private key " + nowhere + " does not exist");
        Path text = Files.writeString(folder.resolve("text"), "no key");
        fails(
                as(text),
                asking(),
                ConfigurationException.class,
                "private key " + text + " holds no private key of a known kind");
    }

    @Test
    void aShellThatPrintsIsQuoted() throws Exception {
        try (PrivateSshd printing = PrivateSshd.builder(libvirtd)
                .line("ForceCommand echo 'The maintenance window is Sunday'")
                .start()) {
            fails(
                    printing.uri("qemu", "system"),
                    ConnectOptions.builder(),
                    ProtocolException.class,
                    "AuthList on 127.0.0.1:%d: the remote side printed text instead of libvirt's protocol: 'The maintenance window is Sunday'; for ssh, "
                            .formatted(printing.port()));
        }
    }

    @Test
    void whoIsNotLetInIsToldWhatWasTried() throws Exception {
        Path key = folder.resolve("stranger");
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key.toString());
        fails(
                as(key),
                ConnectOptions.builder(),
                AuthenticationException.class,
                ": host %s does not let user 'root' in; it accepts publickey, password; tried: key %s (refused); no password, since there is no auth.conf, and nobody gave one"
                        .formatted(name(sshd), fingerprint(key)));
        fails(
                as(key).replace("root@", "nobodyatall@"),
                answering("wrong"),
                AuthenticationException.class,
                ": host %s does not let user 'nobodyatall' in; it accepts publickey, password; tried: key %s (refused); a password (refused)"
                        .formatted(name(sshd), fingerprint(key)));
        fails(
                uri("&sshauth=password"),
                ConnectOptions.builder(),
                AuthenticationException.class,
                ": host %s does not let user 'root' in; it accepts publickey, password; tried: no password, since there is no auth.conf, and nobody gave one"
                        .formatted(name(sshd)));
    }

    @Test
    void aPasswordIsAskedForOrReadFromAuthConf() throws Exception {
        String uri = "test+ssh://%s@127.0.0.1:%d/default?sshauth=password&known_hosts=%s"
                .formatted(SaslSetup.USER, sshd.port(), sshd.knownHosts());
        List<CredentialRequest> asked = new ArrayList<>();
        connects(uri, ConnectOptions.builder().credentials(request -> {
            asked.add(request);
            return CompletableFuture.completedFuture(Optional.of(SaslSetup.PASSWORD.toCharArray()));
        }));
        assertThat(asked)
                .containsExactly(new CredentialRequest(
                        CredentialRequest.Kind.PASSWORD, "127.0.0.1", "Password of fred at 127.0.0.1"));
        Path file = Files.writeString(
                folder.resolve("auth.conf"),
                "[credentials-x]\npassword=%s\n[auth-ssh-127.0.0.1]\ncredentials=x\n".formatted(SaslSetup.PASSWORD));
        connects(uri + "&authfile=" + file, ConnectOptions.builder());
        fails(
                uri,
                ConnectOptions.builder()
                        .credentials(request ->
                                CompletableFuture.failedFuture(new IllegalStateException("the vault is closed"))),
                IllegalStateException.class,
                "the vault is closed");
    }

    @Test
    void theHostsQuestionsAreAnswered() throws Exception {
        try (PrivateSshd pam = pam()) {
            String uri = "test+ssh://%s@127.0.0.1:%d/default?known_hosts=%s"
                    .formatted(SaslSetup.USER, pam.port(), pam.knownHosts());
            List<CredentialRequest> asked = new ArrayList<>();
            connects(
                    uri + "&sshauth=keyboard-interactive",
                    ConnectOptions.builder().credentials(request -> {
                        asked.add(request);
                        return CompletableFuture.completedFuture(Optional.of(SaslSetup.PASSWORD.toCharArray()));
                    }));
            assertThat(asked)
                    .containsExactly(new CredentialRequest(
                            CredentialRequest.Kind.PASSWORD, "127.0.0.1", "Password (fred at 127.0.0.1)"));
            Path file = Files.writeString(
                    folder.resolve("auth.conf"),
                    "[credentials-x]\npassword=%s\n[auth-ssh-127.0.0.1]\ncredentials=x\n"
                            .formatted(SaslSetup.PASSWORD));
            connects(uri + "&authfile=" + file, asking());
            assertThat(pam.log().lines().filter(line -> line.contains("Accepted keyboard-interactive/pam for fred")))
                    .hasSize(2);
            fails(
                    uri + "&sshauth=keyboard-interactive",
                    answering("wrong"),
                    AuthenticationException.class,
                    ": host %s does not let user 'fred' in; it accepts publickey, keyboard-interactive; tried: answers to the host's questions (refused)"
                            .formatted(name(pam)));
        }
    }

    private static PrivateSshd pam() {
        return PrivateSshd.builder(libvirtd)
                .line("UsePAM yes")
                .line("KbdInteractiveAuthentication yes")
                .line("PasswordAuthentication no")
                .start();
    }

    @Test
    void whoIsAskedIsToldWhenNobodyWaitsForTheAnswer() throws Exception {
        SilentCallback.isToldWhenNobodyWaits("test+ssh://%s@127.0.0.1:%d/default?sshauth=password&known_hosts=%s"
                .formatted(SaslSetup.USER, sshd.port(), sshd.knownHosts()));
        SilentCallback.isToldWhenNobodyWaits(as(key("ed25519", "RFC4716", PASSPHRASE)));
    }

    /** Each further attempt would offer keys and passwords again, until the host locks the user out. */
    @Test
    void aRefusedLoginIsNotRepeatedToReconnect() throws Exception {
        try (PrivateSshd revoking = PrivateSshd.builder(libvirtd).start();
                FaultyProxy network = FaultyProxy.onTcp(new InetSocketAddress("127.0.0.1", revoking.port()))) {
            String uri = "test+ssh://root@127.0.0.1:%d/default?keyfile=%s&no_verify=1"
                    .formatted(network.port(), revoking.identity());
            ConnectOptions persistent =
                    ConnectOptions.builder().reconnect(ReconnectPolicy.usual()).build();
            try (Libvirt libvirt = Libvirt.connect(uri, persistent).join()) {
                Files.writeString(revoking.authorizedKeys(), "");
                network.cut();
                CloseReason end = libvirt.closed().get(30, TimeUnit.SECONDS);
                assertThat(end.cause()).hasMessageContaining("does not let user 'root' in");
                assertThat(network.connections()).isEqualTo(2);
            }
        }
    }

    /** All that a process prints which logs in rightly and wrongly, logging everything. */
    @Test
    void secretsAreSeenNowhere() throws Exception {
        Path key = key("ed25519", "RFC4716", SaslSetup.PASSWORD);
        Path old = key("rsa", "PEM", SaslSetup.PASSWORD);
        try (PrivateSshd pam = pam()) {
            String output = LoginAttempts.run(List.of(
                    "test+ssh://%s@127.0.0.1:%d/default?sshauth=password&known_hosts=%s"
                            .formatted(SaslSetup.USER, sshd.port(), sshd.knownHosts()),
                    "test+ssh://%s@127.0.0.1:%d/default?known_hosts=%s"
                            .formatted(SaslSetup.USER, pam.port(), pam.knownHosts()),
                    as(key),
                    as(old)));
            assertThat(output).contains("SSH_MSG_USERAUTH_REQUEST", "logged in", "does not let user 'fred' in");
            assertThat(output).contains("answers to the host's questions (refused)");
            assertThat(output).contains("the passphrase given for it is wrong");
        }
    }

    // ---- what is at the other end

    @Test
    void whatTheCommandComplainsOfStandsInTheError() throws Exception {
        String uri = uri("&proxy=netcat&socket=/nowhere/sock");
        commandFails(
                uri,
                asking(),
                "the command at host 127.0.0.1 (nc to /nowhere/sock) ended with exit code 1: nc: /nowhere/sock: No such file or directory");
        uri = uri("&netcat=/no/nc");
        commandFails(
                uri,
                asking(),
                "the command at host 127.0.0.1 (/no/nc to /var/run/libvirt/libvirt-sock) ended with exit code 127: /no/nc is not installed here");
    }

    @Test
    void aSocketThatTheUserMayNotUseIsSaidSo() {
        String uri = "test+ssh://%s@127.0.0.1:%d/default?known_hosts=%s&socket=%s"
                .formatted(SaslSetup.USER, sshd.port(), sshd.knownHosts(), "/root/sock");
        commandFails(
                uri,
                answering(SaslSetup.PASSWORD),
                "the command at host 127.0.0.1 (nc to /root/sock) ended with exit code 1: nc: /root/sock: Permission denied");
    }

    @Test
    void withoutAHelperNetcatServesAndWithoutBothThatIsSaid() throws Exception {
        Path tools = Files.createDirectory(sshd.directory().resolve("tools"));
        for (String tool : List.of("sh", "grep", "nc")) {
            Files.createSymbolicLink(tools.resolve(tool), Path.of("/usr/bin", tool));
        }
        try (PrivateSshd bare =
                PrivateSshd.builder(libvirtd).line("SetEnv PATH=" + tools).start()) {
            connects(bare.uri("test", "default"), asking());
            Files.delete(tools.resolve("nc"));
            String uri = bare.uri("test", "default");
            commandFails(
                    uri,
                    asking(),
                    "the command at host 127.0.0.1 (virt-ssh-helper, or else nc to /var/run/libvirt/libvirt-sock) ended with exit code 127: ",
                    "neither virt-ssh-helper nor nc is installed here");
            String helper = uri + "&proxy=native";
            commandFails(
                    helper, asking(), "the command at host 127.0.0.1 (virt-ssh-helper) ended with exit code 127: ");
        }
    }

    @Test
    void namesAreQuotedForTheShellThere() throws Exception {
        Path odd = Files.createDirectory(sshd.directory().resolve("it's $(touch x) `touch x`;\"&"));
        Path socket = odd.resolve("s");
        try (FaultyProxy proxy = FaultyProxy.onUnix(
                // A path of a UNIX socket has 107 bytes at most.
                socket, UnixDomainSocketAddress.of(libvirtd.socket()))) {
            String escaped =
                    socket.toString().replace(" ", "%20").replace("\"", "%22").replace("`", "%60");
            escaped = escaped.replace("&", "%26").replace(";", "%3B");
            connects(uri("&socket=" + escaped), asking());
            assertThat(proxy.connections()).isOne();
        }
        assertThat(Path.of("/root/x")).doesNotExist();
    }

    @Test
    void aHostWhereSshdGoesAwayEndsTheConnection() throws Exception {
        PrivateSshd leaving = PrivateSshd.builder(libvirtd).start();
        try (Libvirt libvirt = Libvirt.connect(leaving.uri("test", "default")).join()) {
            leaving.close();
            CloseReason reason = libvirt.closed().get(20, TimeUnit.SECONDS);
            assertThat(reason.kind()).isEqualTo(CloseReason.Kind.LOST);
            assertThat(reason.cause()).hasMessageContaining("the command at host 127.0.0.1");
        }
    }

    // ---- when nobody answers

    @Test
    void whatAnswersAndIsNoSshdIsToldApart() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            String uri = "test+ssh://root@127.0.0.1:%d/default?known_hosts=%s"
                    .formatted(silent.getLocalPort(), sshd.knownHosts());
            fails(
                    uri,
                    ConnectOptions.builder().connectTimeout(Duration.ofMillis(1500)),
                    ConnectFailedException.class,
                    "cannot connect to " + uri + ": not done within PT1.5S");
            silent.accept().close();
            CompletableFuture<Libvirt> connecting = Libvirt.connect(uri);
            try (Socket other = silent.accept()) {
                other.setSoLinger(false, 0);
            }
            assertThatThrownBy(connecting::join)
                    .cause()
                    .isInstanceOf(ConnectFailedException.class)
                    .hasMessageStartingWith(
                            "cannot connect to %s: ssh to host [127.0.0.1]:%d failed: ", uri, silent.getLocalPort());
        }
        String nobody = "test+ssh://root@127.0.0.1:1/default";
        fails(
                nobody,
                ConnectOptions.builder(),
                ConnectFailedException.class,
                "cannot connect to " + nobody + ": 127.0.0.1 port 1 refused the connection; is sshd listening there?");
    }

    @Test
    void nothingIsLeftOfAConnectionThatIsClosed() {
        connects(uri(""), asking());
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                        .extracting(Thread::getName)
                        .noneMatch(name ->
                                name.startsWith("virtwire") || name.contains("sshd-") || name.contains("kex-flusher")));
    }

    private static void connects(String uri, ConnectOptions.Builder options) {
        try (Libvirt libvirt = Libvirt.connect(uri, options.build()).join()) {
            assertThat(libvirt.hostname().join()).isEqualTo("private.libvirtd");
        }
    }

    private static void fails(
            String uri, ConnectOptions.Builder options, Class<? extends RuntimeException> kind, String why) {
        assertThatThrownBy(() -> Libvirt.connect(uri, options.build()).join())
                .cause()
                .isInstanceOf(kind)
                .hasMessageStartingWith(why.startsWith(": ") ? uri + why : why);
    }

    /** The connection is lost while it is made, with or without a call on its way. */
    private static void commandFails(String uri, ConnectOptions.Builder options, String... why) {
        assertThatThrownBy(() -> Libvirt.connect(uri, options.build()).join())
                .cause()
                .isInstanceOf(ConnectFailedException.class)
                .hasMessageStartingWith("cannot connect to %s: ", uri)
                .hasMessageContaining("127.0.0.1:")
                .hasMessageContainingAll(why);
    }

    /** Somebody who must not be asked. */
    private static ConnectOptions.Builder asking() {
        return ConnectOptions.builder()
                .credentials(request -> CompletableFuture.failedFuture(new AssertionError("asked: " + request)));
    }

    private static ConnectOptions.Builder answering(String secret) {
        return ConnectOptions.builder()
                .credentials(request -> CompletableFuture.completedFuture(Optional.of(secret.toCharArray())));
    }

    private static String uri(String more) {
        return sshd.uri("test", "default") + more;
    }

    private static String uri(Path knownHosts, String more) {
        return "test+ssh://root@127.0.0.1:%d/default?keyfile=%s&known_hosts=%s%s"
                .formatted(sshd.port(), sshd.identity(), knownHosts, more);
    }

    private static String as(Path key) {
        return "test+ssh://root@127.0.0.1:%d/default?keyfile=%s&known_hosts=%s"
                .formatted(sshd.port(), key, sshd.knownHosts());
    }

    /** A key that the host lets in. */
    private Path key(String type, String format, String passphrase) throws Exception {
        Path key = folder.resolve("id_" + type + format);
        run("ssh-keygen", "-q", "-t", type, "-m", format, "-N", passphrase, "-f", key.toString());
        Files.writeString(sshd.authorizedKeys(), Files.readString(Path.of(key + ".pub")), StandardOpenOption.APPEND);
        return key;
    }

    private static String name(PrivateSshd server) {
        return "[127.0.0.1]:" + server.port();
    }

    private static String shown(PrivateSshd server, String type) throws Exception {
        return "ssh-%s key %s".formatted(type, fingerprint(server.directory().resolve("host_" + type)));
    }

    private static String fingerprint(Path key) throws Exception {
        return run("ssh-keygen", "-l", "-f", key + ".pub").split(" ")[1];
    }

    /** The numbers of the messages that a server has received, by its own account; one that logs DEBUG3. */
    private static Set<Integer> packets(PrivateSshd server) {
        return Pattern.compile("receive packet: type (\\d+)")
                .matcher(server.log())
                .results()
                .map(match -> Integer.valueOf(match.group(1)))
                .collect(Collectors.toSet());
    }

    private static int logins(PrivateSshd server) {
        return (int)
                server.log().lines().filter(line -> line.contains("Accepted")).count();
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
