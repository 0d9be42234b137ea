// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.login;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.util.Collection;
import java.util.Map;
import org.apache.sshd.common.NamedResource;
import org.apache.sshd.common.config.keys.FilePasswordProvider;
import org.apache.sshd.common.config.keys.loader.AbstractKeyPairResourceParser;
import org.apache.sshd.common.config.keys.loader.KeyPairResourceParser;
import org.apache.sshd.common.config.keys.loader.openssh.OpenSSHKeyPairResourceParser;
import org.apache.sshd.common.config.keys.loader.pem.ECDSAPEMResourceKeyPairParser;
import org.apache.sshd.common.config.keys.loader.pem.PKCS8PEMResourceKeyPairParser;
import org.apache.sshd.common.config.keys.loader.pem.RSAPEMResourceKeyPairParser;
import org.apache.sshd.common.session.SessionContext;

/**
 * SSHD's readers of private keys. They write the bytes of a key to their log at TRACE before they look at them,
 * encrypted or not: these go past that.
 */
final class KeyParsers {
    /** Reads OpenSSH's own format, PKCS#1 (RSA), SEC 1 (EC) and PKCS#8. */
    static final KeyPairResourceParser ALL =
            KeyPairResourceParser.aggregate(new OpenSsh(), new Rsa(), new Ecdsa(), new Pkcs8());

    private KeyParsers() {}

    private static Collection<KeyPair> extract(
            AbstractKeyPairResourceParser parser,
            SessionContext session,
            NamedResource key,
            String begin,
            String end,
            FilePasswordProvider passphrase,
            byte[] bytes,
            Map<String, String> headers)
            throws IOException, GeneralSecurityException {
        try (InputStream in = new ByteArrayInputStream(bytes)) {
            return parser.extractKeyPairs(session, key, begin, end, passphrase, in, headers);
        }
    }

    private static final class OpenSsh extends OpenSSHKeyPairResourceParser {
        @Override
        public Collection<KeyPair> extractKeyPairs(
                SessionContext session,
                NamedResource key,
                String begin,
                String end,
                FilePasswordProvider passphrase,
                byte[] bytes,
                Map<String, String> headers)
                throws IOException, GeneralSecurityException {
            return extract(this, session, key, begin, end, passphrase, bytes, headers);
        }
    }

    private static final class Rsa extends RSAPEMResourceKeyPairParser {
        @Override
        public Collection<KeyPair> extractKeyPairs(
                SessionContext session,
                NamedResource key,
                String begin,
                String end,
                FilePasswordProvider passphrase,
                byte[] bytes,
                Map<String, String> headers)
                throws IOException, GeneralSecurityException {
            return extract(this, session, key, begin, end, passphrase, bytes, headers);
        }
    }

    private static final class Ecdsa extends ECDSAPEMResourceKeyPairParser {
        @Override
        public Collection<KeyPair> extractKeyPairs(
                SessionContext session,
                NamedResource key,
                String begin,
                String end,
                FilePasswordProvider passphrase,
                byte[] bytes,
                Map<String, String> headers)
                throws IOException, GeneralSecurityException {
            return extract(this, session, key, begin, end, passphrase, bytes, headers);
        }
    }

    private static final class Pkcs8 extends PKCS8PEMResourceKeyPairParser {
        @Override
        public Collection<KeyPair> extractKeyPairs(
                SessionContext session,
                NamedResource key,
                String begin,
                String end,
                FilePasswordProvider passphrase,
                byte[] bytes,
                Map<String, String> headers)
                throws IOException, GeneralSecurityException {
            return extract(this, session, key, begin, end, passphrase, bytes, headers);
        }
    }
}
