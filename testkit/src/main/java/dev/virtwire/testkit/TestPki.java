// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CRLConverter;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v2CRLBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/**
 * A CA of the test's own, and certificates of all sorts from it. Its keys are good for tests only.
 *
 * @since 0.1
 */
public final class TestPki {
    private static final AtomicLong SERIALS = new AtomicLong(1000);
    private static final Duration DAY = Duration.ofDays(1);
    private static final char[] NO_PASSWORD = {};

    /**
     * A certificate with its key.
     *
     * @param certificate the certificate
     * @param keys its key
     * @since 0.1
     */
    public record Identity(X509Certificate certificate, KeyPair keys) {
        /** Writes both as libvirt's files want them. */
        public void write(Path certificateFile, Path keyFile) {
            pem(certificateFile, certificate);
            pem(keyFile, keys.getPrivate());
        }

        /** What shows the certificate in a TLS handshake of the JDK's. */
        public KeyManager[] keyManagers() {
            try {
                KeyStore store = KeyStore.getInstance("PKCS12");
                store.load(null, NO_PASSWORD);
                store.setKeyEntry("own", keys.getPrivate(), NO_PASSWORD, new Certificate[] {certificate});
                KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
                factory.init(store, NO_PASSWORD);
                return factory.getKeyManagers();
            } catch (GeneralSecurityException | IOException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private final String name;
    private final KeyPair keys;
    private final X509Certificate authority;

    /** A CA of that name, valid until tomorrow. */
    public TestPki(String name) {
        this(name, DAY);
    }

    /** A CA of that name, valid from two days ago until a time relative to now. */
    public TestPki(String name, Duration until) {
        this(name, keys("EC"), until);
    }

    private TestPki(String name, KeyPair keys, Duration until) {
        this.name = name;
        this.keys = keys;
        this.authority = issue(name, keys, true, DAY.multipliedBy(-2), until, null);
    }

    /** The same CA with the same key and another certificate, valid until a time relative to now. */
    public TestPki renewed(Duration until) {
        return new TestPki(name, keys, until);
    }

    /** The CA's own certificate. */
    public X509Certificate authority() {
        return authority;
    }

    /** A server's certificate, valid from yesterday until tomorrow. */
    public Identity server(String... hosts) {
        return server(DAY.negated(), DAY, hosts);
    }

    /** A server's certificate, valid between two times relative to now. */
    public Identity server(Duration from, Duration until, String... hosts) {
        KeyPair own = keys("EC");
        return new Identity(issue("server", own, false, from, until, KeyPurposeId.id_kp_serverAuth, hosts), own);
    }

    /** A client's certificate, valid until tomorrow. */
    public Identity client(String commonName) {
        return client(commonName, keys("EC"), DAY);
    }

    /** A client's certificate for a key, valid until a time relative to now. */
    public Identity client(String commonName, KeyPair own, Duration until) {
        return new Identity(
                issue(commonName, own, false, DAY.multipliedBy(-2), until, KeyPurposeId.id_kp_clientAuth), own);
    }

    /** Writes a revocation list with one certificate on it. */
    public void revoke(X509Certificate revoked, Duration nextUpdate, Path file) {
        try {
            JcaX509v2CRLBuilder builder =
                    new JcaX509v2CRLBuilder(authority.getSubjectX500Principal(), date(DAY.negated()));
            builder.setNextUpdate(date(nextUpdate));
            builder.addCRLEntry(revoked.getSerialNumber(), date(DAY.negated()), CRLReason.keyCompromise);
            pem(
                    file,
                    new JcaX509CRLConverter()
                            .getCRL(builder.build(
                                    new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()))));
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A new key: {@code EC}, {@code RSA}, {@code Ed25519}. */
    public static KeyPair keys(String algorithm) {
        try {
            // The JDK's own EC keys do not name their curve in the place that SEC 1 has for it.
            KeyPairGenerator generator = algorithm.equals("EC")
                    ? KeyPairGenerator.getInstance(algorithm, new BouncyCastleProvider())
                    : KeyPairGenerator.getInstance(algorithm);
            if (algorithm.equals("EC")) {
                generator.initialize(256);
            } else if (algorithm.equals("RSA")) {
                generator.initialize(2048);
            }
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Writes objects that Bouncy Castle knows how to write. */
    public static void pem(Path file, Object... objects) {
        try (Writer writer = Files.newBufferedWriter(file);
                JcaPEMWriter pem = new JcaPEMWriter(writer)) {
            for (Object object : objects) {
                pem.writeObject(object);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private X509Certificate issue(
            String commonName,
            KeyPair subject,
            boolean ca,
            Duration from,
            Duration until,
            @Nullable KeyPurposeId purpose,
            String... hosts) {
        try {
            JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    new X500Name("CN=" + name),
                    BigInteger.valueOf(SERIALS.incrementAndGet()),
                    date(from),
                    date(until),
                    new X500Name("CN=" + commonName),
                    subject.getPublic());
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(ca));
            builder.addExtension(
                    Extension.keyUsage,
                    true,
                    new KeyUsage(
                            ca
                                    ? KeyUsage.keyCertSign | KeyUsage.cRLSign
                                    : KeyUsage.digitalSignature | KeyUsage.keyEncipherment));
            if (purpose != null) {
                builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purpose));
            }
            if (hosts.length > 0) {
                builder.addExtension(Extension.subjectAlternativeName, false, names(hosts));
            }
            return new JcaX509CertificateConverter()
                    .getCertificate(
                            builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
        } catch (GeneralSecurityException | OperatorCreationException | CertIOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static GeneralNames names(String... hosts) {
        GeneralName[] names = new GeneralName[hosts.length];
        for (int i = 0; i < hosts.length; i++) {
            boolean address = hosts[i].matches("[0-9.]+|.*:.*");
            names[i] = new GeneralName(address ? GeneralName.iPAddress : GeneralName.dNSName, hosts[i]);
        }
        return new GeneralNames(names);
    }

    private static Date date(Duration fromNow) {
        return Date.from(Instant.now().plus(fromNow));
    }
}
