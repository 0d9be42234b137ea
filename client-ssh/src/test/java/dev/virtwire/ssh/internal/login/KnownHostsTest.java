// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.login;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.ssh.internal.route.HostKeyRule;
import dev.virtwire.ssh.internal.route.SshHost;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KnownHostsTest {
    private static final PublicKey OLD = key();
    private static final PublicKey NEW = key();

    @TempDir
    Path folder;

    private final List<String> notices = new ArrayList<>();
    private Optional<String> alias = Optional.empty();
    private Optional<Path> revoked = Optional.empty();

    @Test
    void aKeyThatIsShownAgainInMidSessionIsNotAddedAgain() throws Exception {
        KnownHosts hosts = hosts(HostKeyRule.FIRST);

        assertThat(believes(hosts, OLD)).isTrue();
        assertThat(believes(hosts, OLD)).isTrue();

        assertThat(file()).hasContent("[h]:2222 " + PublicKeyEntry.toString(OLD) + "\n");
    }

    @Test
    void anotherKeyInMidSessionIsRefusedWhateverTheRule() {
        for (HostKeyRule rule : List.of(HostKeyRule.FIRST, HostKeyRule.ANY)) {
            KnownHosts hosts = hosts(rule);
            assertThat(believes(hosts, OLD)).isTrue();
            assertThat(believes(hosts, NEW)).isFalse();
            assertThat(hosts.refusal())
                    .hasMessage(
                            "qemu+ssh://h/: host [h]:2222 shows the ecdsa-sha2-nistp256 key %s in mid-session, and showed another one before",
                            KnownHosts.fingerprint(NEW));
        }
    }

    @Test
    void aKeyWithoutAPortIsBelievedWhereThePortHasNone() throws Exception {
        write("h " + PublicKeyEntry.toString(OLD));
        assertThat(believes(hosts(HostKeyRule.KNOWN), OLD)).isTrue();
    }

    @Test
    void aKeyWithoutAPortDoesNotCountWhereThePortHasOne() throws Exception {
        write("h " + PublicKeyEntry.toString(OLD), "[h]:2222 " + PublicKeyEntry.toString(NEW));

        KnownHosts hosts = hosts(HostKeyRule.KNOWN);
        assertThat(believes(hosts, OLD)).isFalse();
        assertThat(hosts.refusal()).message().contains("THE KEY OF HOST [h]:2222 HAS CHANGED", "line 2 of " + file());
        assertThat(believes(hosts(HostKeyRule.KNOWN), NEW)).isTrue();
    }

    @Test
    void aKeyThatIsRevokedForTheHostIsRefusedOnEachPort() throws Exception {
        write("@revoked h " + PublicKeyEntry.toString(OLD), "[h]:2222 " + PublicKeyEntry.toString(OLD));

        KnownHosts hosts = hosts(HostKeyRule.KNOWN);
        assertThat(believes(hosts, OLD)).isFalse();
        assertThat(hosts.refusal()).message().contains("which line 1 of %s calls revoked".formatted(file()));
    }

    /** Another host's key may stand there by the address, which several hosts share. */
    @Test
    void aHostWithAnAliasIsKnownByThatAlone() throws Exception {
        alias = Optional.of("lab-kvm");
        write("[h]:2222 " + PublicKeyEntry.toString(NEW), "h " + PublicKeyEntry.toString(NEW));

        assertThat(believes(hosts(HostKeyRule.KNOWN), NEW)).isFalse();
        KnownHosts hosts = hosts(HostKeyRule.FIRST);
        assertThat(believes(hosts, OLD)).isTrue();
        assertThat(Files.readAllLines(file())).last().isEqualTo("lab-kvm " + PublicKeyEntry.toString(OLD));
        assertThat(believes(hosts(HostKeyRule.KNOWN), OLD)).isTrue();
        hosts = hosts(HostKeyRule.KNOWN);
        assertThat(believes(hosts, NEW)).isFalse();
        assertThat(hosts.refusal()).message().contains("THE KEY OF HOST lab-kvm HAS CHANGED", "-R 'lab-kvm'");
    }

    @Test
    void anUnknownHostWithAnAliasIsToldHowItIsAddedUnderIt() {
        alias = Optional.of("lab-kvm");
        KnownHosts hosts = hosts(HostKeyRule.KNOWN);
        assertThat(believes(hosts, OLD)).isFalse();
        assertThat(hosts.refusal())
                .message()
                .contains("host lab-kvm is not known", "(ssh-keyscan -p 2222 h | sed 's/^[^ ]*/lab-kvm/' >> " + file());
    }

    @Test
    void aKeyThatAFileCallsRevokedIsRefusedOfEveryHost() throws Exception {
        revoked = Optional.of(Files.writeString(
                folder.resolve("revoked"), "# stolen\n" + PublicKeyEntry.toString(OLD) + " somebody@somewhere\n"));
        write("[h]:2222 " + PublicKeyEntry.toString(OLD), "[h]:2222 " + PublicKeyEntry.toString(NEW));

        for (HostKeyRule rule : HostKeyRule.values()) {
            KnownHosts hosts = hosts(rule);
            assertThat(believes(hosts, OLD)).as("%s", rule).isFalse();
            assertThat(hosts.refusal()).message().contains("which line 2 of %s calls revoked".formatted(revoked.get()));
        }
        assertThat(believes(hosts(HostKeyRule.KNOWN), NEW)).isTrue();
    }

    @Test
    void withoutTheFileOfRevokedKeysNoHostIsBelieved() throws Exception {
        revoked = Optional.of(folder.resolve("revoked"));
        assertThatThrownBy(() -> hosts(HostKeyRule.KNOWN))
                .hasMessageContaining("RevokedHostKeys names, does not exist");
        Files.writeString(revoked.get(), "SSHKRL\n");
        assertThatThrownBy(() -> hosts(HostKeyRule.KNOWN))
                .hasMessageContaining("RevokedHostKeys names, is a key revocation list");
    }

    @Test
    void whatIsNotCheckedOrTakenOnTrustIsSaid() throws Exception {
        assertThat(believes(hosts(HostKeyRule.ANY), OLD)).isTrue();
        assertThat(believes(hosts(HostKeyRule.FIRST), OLD)).isTrue();
        assertThat(believes(hosts(HostKeyRule.KNOWN), OLD)).isTrue();

        String key = "qemu+ssh://h/: the ecdsa-sha2-nistp256 key " + KnownHosts.fingerprint(OLD) + " of host [h]:2222 ";
        assertThat(notices)
                .containsExactly(
                        key
                                + "is NOT CHECKED, because the URI says so: whoever is on the way can read and change everything",
                        key + "was taken on trust, since no file had one, and added to " + file());
    }

    /** The login asks: who is not verified hears no password. */
    @Test
    void onlyAHostWhoseKeyAFileHasIsVerified() throws Exception {
        KnownHosts hosts = hosts(HostKeyRule.ANY);
        believes(hosts, OLD);
        assertThat(hosts.isVerified()).isFalse();

        write("[h]:2222 " + PublicKeyEntry.toString(OLD));
        for (HostKeyRule rule : HostKeyRule.values()) {
            hosts = hosts(rule);
            believes(hosts, OLD);
            assertThat(hosts.isVerified()).as("%s", rule).isTrue();
        }
        hosts = hosts(HostKeyRule.ANY);
        believes(hosts, NEW);
        assertThat(hosts.isVerified()).isFalse();
    }

    private static boolean believes(KnownHosts hosts, PublicKey key) {
        ClientSession none = null;
        return hosts.verifyServerKey(none, InetSocketAddress.createUnresolved("h", 2222), key);
    }

    private KnownHosts hosts(HostKeyRule rule) {
        return new KnownHosts(
                "qemu+ssh://h/",
                new SshHost(
                        "h",
                        "h",
                        2222,
                        "u",
                        List.of(),
                        false,
                        false,
                        List.of(),
                        List.of(file()),
                        List.of(),
                        rule,
                        List.of(),
                        Optional.empty(),
                        alias,
                        revoked),
                notices::add);
    }

    private Path file() {
        return folder.resolve("known_hosts");
    }

    private void write(String... lines) throws Exception {
        Files.write(file(), List.of(lines));
    }

    private static PublicKey key() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair().getPublic();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }
}
