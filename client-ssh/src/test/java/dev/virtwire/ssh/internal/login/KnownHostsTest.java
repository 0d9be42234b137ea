// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.login;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.ssh.internal.route.HostKeyRule;
import dev.virtwire.ssh.internal.route.SshHost;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.spec.ECGenParameterSpec;
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

    private static boolean believes(KnownHosts hosts, PublicKey key) {
        ClientSession none = null;
        return hosts.verifyServerKey(none, InetSocketAddress.createUnresolved("h", 2222), key);
    }

    private KnownHosts hosts(HostKeyRule rule) {
        return new KnownHosts(
                "qemu+ssh://h/",
                new SshHost("h", "h", 2222, "u", List.of(), false, List.of(file()), rule, List.of(), Optional.empty()));
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
