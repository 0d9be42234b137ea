// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.login;

import dev.virtwire.client.internal.text.PeerText;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.apache.sshd.common.NamedFactory;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import org.apache.sshd.common.session.SessionContext;
import org.apache.sshd.common.signature.BuiltinSignatures;
import org.apache.sshd.common.signature.Signature;
import org.jspecify.annotations.Nullable;

/**
 * Judges a certificate of a host, as OpenSSH does. SSHD's own judge knows no alias of the host.
 */
final class HostCertificate {
    private static final String SHA1_SIGNATURE = "ssh-rsa";

    private HostCertificate() {}

    /**
     * Why it says nothing of a host; null if it is good. Whether its CA is to be believed is not asked here.
     *
     * @param name the name of the host, or its alias in known_hosts files
     */
    static @Nullable String fault(OpenSshCertificate certificate, String name, Instant now) {
        if (certificate.getType() != OpenSshCertificate.Type.HOST) {
            return "it is a user's and not a host's";
        }
        if (!isSigned(certificate)) {
            return "its CA has not signed it";
        }
        if (Long.compareUnsigned(now.getEpochSecond(), certificate.getValidAfter()) < 0) {
            return "it is not valid yet";
        }
        if (Long.compareUnsigned(now.getEpochSecond(), certificate.getValidBefore()) >= 0) {
            return "it has expired";
        }
        List<String> names = List.copyOf(certificate.getPrincipals());
        // No patterns: ssh takes none here either.
        if (!names.isEmpty() && !names.contains(name.toLowerCase(Locale.ROOT))) {
            return "it is for %s, and not for %s".formatted(PeerText.shown(String.join(", ", names)), name);
        }
        return certificate.getCriticalOptions().isEmpty() ? null : "it has options that no host's has";
    }

    @SuppressWarnings("NullAway") // Null for no session, says SSHD.
    private static boolean isSigned(OpenSshCertificate certificate) {
        String algorithm = certificate.getSignatureAlgorithm();
        NamedFactory<Signature> factory = BuiltinSignatures.fromFactoryName(algorithm);
        if (factory == null
                || algorithm.equals(SHA1_SIGNATURE)
                || !KeyUtils.getKeyType(certificate.getCaPubKey()).equals(KeyUtils.getCanonicalKeyType(algorithm))) {
            return false;
        }
        SessionContext none = null;
        try {
            Signature signature = factory.create();
            signature.initVerifier(none, certificate.getCaPubKey());
            signature.update(none, certificate.getMessage());
            return signature.verify(none, certificate.getSignature());
        } catch (Exception e) {
            return false;
        }
    }
}
