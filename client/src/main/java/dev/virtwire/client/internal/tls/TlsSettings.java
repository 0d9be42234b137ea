// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.tls;

import dev.virtwire.client.ConfigurationException;
import dev.virtwire.client.CredentialRequest;
import dev.virtwire.client.internal.auth.CredentialSource;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * How one connection does TLS: which files it reads, what it checks.
 *
 * @param host the server, whose certificate has to be that of this host
 * @param port the server's port
 * @param files where certificates and key are
 * @param verifies whether the server's certificate is checked
 * @param sane whether our own files are checked before they are used
 * @param priority versions and ciphers
 */
public record TlsSettings(
        String host, int port, CertificateFiles files, boolean verifies, boolean sane, TlsPriority priority) {
    private static final String CLIENT_PURPOSE = "1.3.6.1.5.5.7.3.2";
    private static final String ANY_PURPOSE = "2.5.29.37.0";
    private static final char[] NO_PASSPHRASE = {};

    /**
     * Reads the files. Blocks, so it is not for an event loop.
     *
     * @param credentials asked for the key's passphrase, if it has one
     * @return makes an engine for each connection to the host; fails with {@link ConfigurationException} if a file
     *     is missing, unreadable or wrong
     */
    public CompletableFuture<Supplier<SSLEngine>> engines(CredentialSource credentials) {
        List<X509Certificate> authorities = verifies || Files.exists(files.authorities())
                ? new PemFile(files.authorities(), "CA certificate").certificates()
                : List.of();
        List<X509CRL> revocations = Files.exists(files.revocations())
                ? new PemFile(files.revocations(), "CA revocation list").revocations()
                : List.of();
        if (!Files.exists(files.certificate()) || !Files.exists(files.key())) {
            // As libvirt does: a server need not ask for one.
            return CompletableFuture.completedFuture(engines(authorities, revocations, null));
        }
        List<X509Certificate> chain = new PemFile(files.certificate(), "client certificate").certificates();
        if (sane) {
            checkOwn(chain.get(0), authorities);
        }
        PemFile keyFile = new PemFile(files.key(), "private key");
        CompletableFuture<char[]> passphrase = keyFile.isKeyEncrypted()
                ? credentials.require(
                        CredentialRequest.Kind.KEY_PASSPHRASE,
                        "Passphrase of " + files.key(),
                        unanswered -> new ConfigurationException(
                                "private key %s is encrypted, and %s".formatted(files.key(), unanswered)))
                : CompletableFuture.completedFuture(NO_PASSPHRASE);
        return passphrase.thenApply(secret -> {
            try {
                PrivateKey key = keyFile.key(secret);
                checkPair(chain.get(0), key);
                return engines(authorities, revocations, new ClientIdentity(chain, key));
            } finally {
                Arrays.fill(secret, '\0');
            }
        });
    }

    private Supplier<SSLEngine> engines(
            List<X509Certificate> authorities, List<X509CRL> revocations, @Nullable ClientIdentity identity) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            TrustManager trust = verifies ? new ServerTrust(files, authorities, revocations, host) : new AnyServer();
            context.init(
                    identity == null ? new KeyManager[0] : new KeyManager[] {identity},
                    new TrustManager[] {trust},
                    null);
            return () -> engine(context);
        } catch (GeneralSecurityException e) {
            throw new ConfigurationException("TLS cannot be used: " + e.getMessage(), e);
        }
    }

    private SSLEngine engine(SSLContext context) {
        SSLEngine engine = context.createSSLEngine(host, port);
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        priority.applyTo(parameters);
        engine.setSSLParameters(parameters);
        return engine;
    }

    /** What the server would object to with fewer words, or none. */
    private void checkOwn(X509Certificate own, List<X509Certificate> authorities) {
        checkDates(own, "client certificate " + files.certificate());
        for (X509Certificate authority : authorities) {
            checkDates(authority, "CA certificate " + files.authorities());
            if (authority.getBasicConstraints() < 0) {
                throw new ConfigurationException("CA certificate %s: '%s' is not the certificate of a CA"
                        .formatted(files.authorities(), name(authority)));
            }
        }
        if (own.getBasicConstraints() >= 0) {
            throw new ConfigurationException(
                    "client certificate %s is the certificate of a CA".formatted(files.certificate()));
        }
        try {
            List<String> purposes = own.getExtendedKeyUsage();
            if (purposes != null && !purposes.contains(CLIENT_PURPOSE) && !purposes.contains(ANY_PURPOSE)) {
                throw new ConfigurationException(
                        "client certificate %s is not made for a client (its extended key usage lacks clientAuth)"
                                .formatted(files.certificate()));
            }
        } catch (GeneralSecurityException e) {
            throw new ConfigurationException(
                    "client certificate %s is damaged: %s".formatted(files.certificate(), e.getMessage()), e);
        }
    }

    private static void checkDates(X509Certificate certificate, String what) {
        Instant now = Instant.now();
        if (now.isAfter(certificate.getNotAfter().toInstant())) {
            throw new ConfigurationException("%s ('%s') expired at %s"
                    .formatted(
                            what, name(certificate), certificate.getNotAfter().toInstant()));
        }
        if (now.isBefore(certificate.getNotBefore().toInstant())) {
            throw new ConfigurationException("%s ('%s') is valid only from %s"
                    .formatted(
                            what, name(certificate), certificate.getNotBefore().toInstant()));
        }
    }

    /** Signs something: no other way to find out fits every kind of key. */
    private void checkPair(X509Certificate certificate, PrivateKey key) {
        String algorithm = key.getAlgorithm().equals("EC")
                ? "SHA256withECDSA"
                : key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : key.getAlgorithm();
        byte[] something = {1, 2, 3};
        boolean fits;
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            signature.update(something);
            byte[] signed = signature.sign();
            signature.initVerify(certificate.getPublicKey());
            signature.update(something);
            fits = signature.verify(signed);
        } catch (GeneralSecurityException e) {
            fits = false;
        }
        if (!fits) {
            throw new ConfigurationException("private key %s does not belong to client certificate %s"
                    .formatted(files.key(), files.certificate()));
        }
    }

    private static String name(X509Certificate certificate) {
        return certificate.getSubjectX500Principal().getName();
    }
}
