// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.internal.config.LibvirtConf;
import dev.virtwire.client.internal.config.Surroundings;
import dev.virtwire.client.internal.transport.EventLoops;
import dev.virtwire.client.internal.transport.Transport;
import dev.virtwire.client.internal.transport.Transports;
import dev.virtwire.testkit.PrivateLibvirtd;
import dev.virtwire.testkit.PrivateSshd;
import io.netty.channel.Channel;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the user's own ssh has: a configuration, an agent, keys and known hosts at their usual places. */
@Timeout(120)
class SshConfigIT {
    private static PrivateLibvirtd libvirtd;
    private static PrivateSshd sshd;
    private static PrivateSshd bastion;

    @TempDir
    private Path home;

    private Path folder;

    @BeforeAll
    static void start() {
        libvirtd = PrivateLibvirtd.start();
        sshd = PrivateSshd.builder(libvirtd).start();
        bastion = PrivateSshd.builder(libvirtd).start();
    }

    @AfterAll
    static void stop() {
        bastion.close();
        sshd.close();
        libvirtd.close();
    }

    @BeforeEach
    void makeFolder() throws Exception {
        folder = Files.createDirectory(home.resolve(".ssh"));
        Files.writeString(
                folder.resolve("known_hosts"),
                Files.readString(sshd.knownHosts()) + Files.readString(bastion.knownHosts()));
    }

    @Test
    void theUsualKeysAndKnownHostsAreUsed() throws Exception {
        Files.copy(sshd.identity(), folder.resolve("id_ed25519"));
        opens("qemu+ssh://root@127.0.0.1:%d/system".formatted(sshd.port()), Map.of());
    }

    @ParameterizedTest
    @ValueSource(strings = {"ed25519", "rsa", "ecdsa"})
    void theAgentSigns(String type) throws Exception {
        Path key = home.resolve("key");
        run("ssh-keygen", "-q", "-t", type, "-N", "", "-f", key.toString());
        Files.writeString(sshd.authorizedKeys(), Files.readString(Path.of(key + ".pub")), StandardOpenOption.APPEND);
        Path socket = home.resolve("agent");
        Process agent = new ProcessBuilder("ssh-agent", "-D", "-a", socket.toString())
                .redirectErrorStream(true)
                .start();
        try {
            assertThat(agent.inputReader().readLine()).contains(socket.toString());
            run("env", "SSH_AUTH_SOCK=" + socket, "ssh-add", "-q", key.toString());
            Files.delete(key);
            String uri = "qemu+ssh://root@127.0.0.1:%d/system".formatted(sshd.port());
            opens(uri, Map.of("SSH_AUTH_SOCK", socket.toString()));
            opens(uri + "?sshauth=agent", Map.of("SSH_AUTH_SOCK", socket.toString()));
            fails(
                    uri + "?sshauth=privkey",
                    Map.of("SSH_AUTH_SOCK", socket.toString()),
                    "does not let user 'root' in; it accepts publickey; tried: nothing, since there is no key and nobody to ask");
        } finally {
            agent.destroy();
            agent.waitFor(10, TimeUnit.SECONDS);
        }
        fails(
                "qemu+ssh://root@127.0.0.1:%d/system".formatted(sshd.port()),
                Map.of("SSH_AUTH_SOCK", socket.toString()),
                "tried: no agent, since none answers at " + socket + " (");
    }

    /** As a gpg-agent whose dialog nobody sees. */
    @Test
    void anAgentThatDoesNotAnswerIsHungUpOnWithTheAttempt() throws Exception {
        Path socket = home.resolve("agent");
        var group = EventLoops.acquire();
        try (ServerSocketChannel agent = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            agent.bind(UnixDomainSocketAddress.of(socket));
            CompletableFuture<Channel> opening = transport(
                            "qemu+ssh://root@127.0.0.1:%d/system".formatted(sshd.port()),
                            Map.of("SSH_AUTH_SOCK", socket.toString()))
                    .open(group);
            try (SocketChannel asked = agent.accept()) {
                ByteBuffer question = ByteBuffer.allocate(64);
                assertThat(asked.read(question)).isPositive();
                opening.cancel(true);
                while (asked.read(question.clear()) >= 0) {
                    // The rest of the question.
                }
            }
        } finally {
            EventLoops.release();
        }
    }

    @Test
    void thePasswordInAuthConfIsThatOfTheHostOfTheUri() throws Exception {
        try (PrivateSshd asking = PrivateSshd.builder(libvirtd)
                .user(SaslSetup.USER, SaslSetup.PASSWORD)
                .start()) {
            Files.writeString(folder.resolve("known_hosts"), Files.readString(asking.knownHosts()));
            Files.writeString(
                    folder.resolve("config"), "Host prod\n HostName 127.0.0.1\n Port %d\n".formatted(asking.port()));
            Path file = home.resolve("auth.conf");
            for (String name : List.of("prod", "127.0.0.1")) {
                Files.writeString(
                        file,
                        "[credentials-x]\npassword=%s\n[credentials-y]\npassword=wrong\n[auth-ssh-%s]\ncredentials=x\n[auth-ssh-default]\ncredentials=y\n"
                                .formatted(SaslSetup.PASSWORD, name));
                opens(
                        "test+ssh://%s@prod/default?sshauth=password&authfile=%s".formatted(SaslSetup.USER, file),
                        Map.of());
            }
        }
    }

    /** What ssh itself makes of a {@code Match}, told by {@code ssh -G}, is what counts here. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "all",
                "host 127.0.0.1",
                "host 127.0.0.*",
                "host=127.0.0.1",
                "host web1",
                "host=web1",
                "originalhost web1",
                "originalhost \"web1\"",
                "!originalhost web1",
                "!host other",
                "user root",
                "!user root",
                "user tester",
                "localuser root",
                "host 127.0.0.1 user root",
                "originalhost other,web1 !user nobody",
                "final all",
                "final host 127.0.0.1",
                "canonical all",
            })
    void aMatchAppliesWhereItDoesForSsh(String match) throws Exception {
        Path config = Files.writeString(folder.resolve("config"), """
                Host web1
                    HostName 127.0.0.1
                Match %s
                    User tester
                    Port 23122
                Host *
                    User root
                    Port 23123
                """.formatted(match));
        Map<String, String> ssh = new HashMap<>();
        for (String line :
                output("ssh", "-G", "-F", config.toString(), "web1").lines().toList()) {
            String[] words = line.split(" ", 2);
            ssh.putIfAbsent(words[0], words.length > 1 ? words[1] : "");
        }
        assertThat(target("qemu+ssh://web1/system?proxy=native"))
                .isEqualTo("virt-ssh-helper, at host %s port %s by ssh as user %s"
                        .formatted(ssh.get("hostname"), ssh.get("port"), ssh.get("user")));
    }

    /** OURS is the host's key, OTHER another one's, PORT its port; settings have a semicolon between them. */
    @ParameterizedTest
    @CsvSource(
            value = {
                "[127.0.0.1]:PORT OURS                     | IdentityFile KEY                            | both",
                "[127.0.0.1]:PORT OTHER                    | IdentityFile KEY                            | neither",
                "lab-kvm OURS                              | IdentityFile KEY; HostKeyAlias lab-kvm      | both",
                "lab-kvm OURS                              | IdentityFile KEY; HostKeyAlias LAB-kvm      | both",
                "none OURS                                 | IdentityFile KEY; HostKeyAlias none         | both",
                "lab-kvm OURS;[127.0.0.1]:PORT OTHER       | IdentityFile KEY; HostKeyAlias lab-kvm      | both",
                "lab-kvm OTHER;[127.0.0.1]:PORT OURS       | IdentityFile KEY; HostKeyAlias lab-kvm      | neither",
                "[127.0.0.1]:PORT OURS                     | IdentityFile KEY; HostKeyAlias lab-kvm      | neither",
                "127.0.0.1 OURS                            | IdentityFile KEY; HostKeyAlias lab-kvm      | neither",
                "[127.0.0.1]:PORT OURS                     | IdentityFile KEY; RevokedHostKeys revoked   | neither",
                "[127.0.0.1]:PORT OURS                     | IdentityFile KEY; RevokedHostKeys others    | both",
                "[127.0.0.1]:PORT OURS                     | IdentityFile KEY; RevokedHostKeys missing   | neither",
                "[127.0.0.1]:PORT OURS                     | IdentityFile KEY; RevokedHostKeys none      | both",
                "[127.0.0.1]:PORT OURS                     | IdentityFile KEY; CanonicalizeHostname yes  | both",
                "[127.0.0.1]:PORT OURS                     | Match user root; IdentityFile KEY           | both",
                "[127.0.0.1]:PORT OURS                     | Match host 127.0.0.1; IdentityFile KEY      | both",
                "[127.0.0.1]:PORT OURS                     | Match host h; IdentityFile KEY              | neither",
                "[127.0.0.1]:PORT OURS                     | Match final all; IdentityFile KEY           | both",
                "[127.0.0.1]:PORT OURS                     | Match user nobody; IdentityFile KEY         | neither",
                // With a warning: what cannot be decided does not apply.
                "[127.0.0.1]:PORT OURS                     | Match exec true; IdentityFile KEY           | ssh",
            },
            delimiter = '|')
    void connectsWhereSshDoes(String known, String settings, String who) throws Exception {
        String ours = hostKey(sshd);
        Files.write(
                folder.resolve("known_hosts"),
                List.of(words(known).replace("OTHER", hostKey(bastion)).split(";")));
        Files.writeString(folder.resolve("revoked"), "# lost\n" + ours + "\n");
        Files.writeString(folder.resolve("others"), hostKey(bastion) + "\n");
        Path config = Files.writeString(folder.resolve("config"), """
                Host h
                Port PORT
                HostName 127.0.0.1
                User root
                UserKnownHostsFile %s
                GlobalKnownHostsFile /dev/null
                SETTINGS
                """.formatted(folder.resolve("known_hosts"))
                .replace("SETTINGS", settings.replace(";", "\n"))
                .replaceAll("RevokedHostKeys (?!none)", "RevokedHostKeys " + folder + "/")
                .replace("PORT", Integer.toString(sshd.port()))
                .replace("KEY", sshd.identity().toString()));
        Process ssh = new ProcessBuilder("ssh", "-F", config.toString(), "-o", "BatchMode=yes", "h", "true")
                .redirectErrorStream(true)
                .start();
        ssh.getOutputStream().close();
        String said = new String(ssh.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(ssh.waitFor() == 0 ? "yes" : "no")
                .as("ssh: %s", said)
                .isEqualTo(who.equals("neither") ? "no" : "yes");
        if (who.equals("both")) {
            opens("qemu+ssh://h/system", Map.of());
        } else {
            assertThatThrownBy(() -> opens("qemu+ssh://h/system", Map.of())).isInstanceOf(Exception.class);
        }
    }

    private static String words(String known) throws Exception {
        return known.replace("OURS", hostKey(sshd)).replace("PORT", Integer.toString(sshd.port()));
    }

    private static String hostKey(PrivateSshd server) throws Exception {
        return Files.readString(server.directory().resolve("host_ed25519.pub")).strip();
    }

    /** A shell would have expanded it outside quotes, and ssh does so by itself. */
    @Test
    void aTildeInAPathOfTheUriIsTheHome() throws Exception {
        Files.copy(sshd.identity(), folder.resolve("backup"));
        Path known = home.resolve("hosts");
        Files.move(folder.resolve("known_hosts"), known);
        opens(
                "qemu+ssh://root@127.0.0.1:%d/system?keyfile=~/.ssh/backup&known_hosts=~/hosts".formatted(sshd.port()),
                Map.of());
        fails(
                "qemu+ssh://root@127.0.0.1:%d/system?keyfile=~/.ssh/none&known_hosts=~/hosts".formatted(sshd.port()),
                Map.of(),
                "private key " + folder.resolve("none") + " does not exist");
    }

    @Test
    void theConfigurationNamesHostsAndTheWayThere() throws Exception {
        Files.writeString(folder.resolve("config"), """
                Include more.*
                # A host by another name, behind another host
                Host web db
                    HostName 127.0.0.1
                    Port = %d
                    User root
                    IdentityFile "%s"
                    ProxyJump bastion
                """.formatted(sshd.port(), sshd.identity()));
        Files.writeString(folder.resolve("more.conf"), """
                Host bastion
                    HostName 127.0.0.1
                    Port %d
                    User root
                    UserKnownHostsFile ~/.ssh/bastion_%%p
                Match originalhost bastion
                    IdentityFile %s
                """.formatted(bastion.port(), bastion.identity()));
        Path known = folder.resolve("bastion_" + bastion.port());
        Files.copy(bastion.knownHosts(), known);
        long before = logins(bastion);
        opens("qemu+ssh://web/system", Map.of());
        assertThat(logins(bastion)).isEqualTo(before + 1);
        assertThat(target("qemu+ssh://web/system?proxy=native"))
                .isEqualTo(
                        "virt-ssh-helper, at host 127.0.0.1 port %d by ssh through host 127.0.0.1 port %d as user root"
                                .formatted(sshd.port(), bastion.port()));
        // Of all hosts on the way, each is believed for a reason.
        Files.writeString(
                known,
                Files.readString(known).replaceAll("AAAAC3NzaC1lZDI1NTE5AAAAI....", "AAAAC3NzaC1lZDI1NTE5AAAAIAAAA"));
        long logins = logins(sshd);
        fails("qemu+ssh://web/system", Map.of(), "THE KEY OF HOST [127.0.0.1]:" + bastion.port() + " HAS CHANGED");
        assertThat(logins(sshd)).isEqualTo(logins);
    }

    @Test
    void aWayThatLeadsNowhereIsToldWhereItEnds() throws Exception {
        Files.writeString(folder.resolve("config"), """
                Host far
                    HostName 127.0.0.1
                    Port 1
                    ProxyJump root@127.0.0.1:%d
                """.formatted(sshd.port()));
        Files.copy(sshd.identity(), folder.resolve("id_ed25519"));
        fails(
                "qemu+ssh://far/system",
                Map.of(),
                "cannot connect to qemu+ssh://far/system: the way from host 127.0.0.1 to host 127.0.0.1 port 1 was not opened: ");
    }

    private void opens(String uri, Map<String, String> more) throws Exception {
        var group = EventLoops.acquire();
        try {
            Channel channel = transport(uri, more).open(group).get(30, TimeUnit.SECONDS);
            assertThat(channel.isActive()).isTrue();
            channel.close().sync();
        } finally {
            EventLoops.release();
        }
    }

    private void fails(String uri, Map<String, String> more, String why) {
        assertThatThrownBy(() -> opens(uri, more)).cause().hasMessageContaining(why);
    }

    private String target(String uri) {
        return transport(uri, Map.of()).target();
    }

    private Transport transport(String uri, Map<String, String> more) {
        Surroundings surroundings = surroundings(more);
        return Transports.of(
                LibvirtUri.parse(uri), ConnectOptions.defaults(), surroundings, LibvirtConf.load(surroundings));
    }

    private Surroundings surroundings(Map<String, String> more) {
        Map<String, String> environment = new HashMap<>(more);
        environment.put("HOME", home.toString());
        return Surroundings.with(environment);
    }

    private static long logins(PrivateSshd server) {
        return server.log()
                .lines()
                .filter(line -> line.contains("Accepted publickey"))
                .count();
    }

    private static void run(String... command) throws Exception {
        output(command);
    }

    private static String output(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
