// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.tls;

import dev.virtwire.client.ConfigurationException;
import dev.virtwire.client.internal.config.Surroundings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.cert.X509CRLHolder;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PEMEncryptedKeyPair;
import org.bouncycastle.openssl.PEMException;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8DecryptorProviderBuilder;
import org.bouncycastle.openssl.jcajce.JcePEMDecryptorProviderBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;
import org.bouncycastle.pkcs.PKCSException;
import org.jspecify.annotations.Nullable;

/**
 * A file in PEM, taken apart by Bouncy Castle and handed on in the JDK's types. Keys may be PKCS#1, SEC 1 or PKCS#8,
 * encrypted or not, for RSA, EC and Ed25519.
 */
final class PemFile {
    private final Path file;
    private final String what;
    private final List<Object> objects = new ArrayList<>();

    /**
     * Reads the file.
     *
     * @param what what it is for, in words
     * @throws ConfigurationException if it is missing, unreadable or no PEM
     */
    PemFile(Path file, String what) {
        this.file = file;
        this.what = what;
        if (Files.isDirectory(file)) {
            throw wrong("is a folder", null);
        }
        String text = Surroundings.read(file, what);
        if (text == null) {
            throw wrong("does not exist", null);
        }
        try (PEMParser parser = new PEMParser(new StringReader(text))) {
            Object object;
            while ((object = parser.readObject()) != null) {
                objects.add(object);
            }
        } catch (IOException | RuntimeException e) {
            throw wrong("is damaged: " + e.getMessage(), e);
        }
    }

    /** Its certificates, at least one. */
    List<X509Certificate> certificates() {
        List<X509Certificate> found = new ArrayList<>();
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            for (Object object : objects) {
                if (object instanceof X509CertificateHolder holder) {
                    found.add((X509Certificate)
                            factory.generateCertificate(new ByteArrayInputStream(holder.getEncoded())));
                }
            }
        } catch (GeneralSecurityException | IOException e) {
            throw wrong("is damaged: " + e.getMessage(), e);
        }
        if (found.isEmpty()) {
            throw wrong("holds no certificate", null);
        }
        return found;
    }

    /** Its revocation lists, at least one. */
    List<X509CRL> revocations() {
        List<X509CRL> found = new ArrayList<>();
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            for (Object object : objects) {
                if (object instanceof X509CRLHolder holder) {
                    found.add((X509CRL) factory.generateCRL(new ByteArrayInputStream(holder.getEncoded())));
                }
            }
        } catch (GeneralSecurityException | IOException e) {
            throw wrong("is damaged: " + e.getMessage(), e);
        }
        if (found.isEmpty()) {
            throw wrong("holds no revocation list", null);
        }
        return found;
    }

    /** Whether its key needs a passphrase. */
    boolean isKeyEncrypted() {
        Object key = keyObject();
        return key instanceof PEMEncryptedKeyPair || key instanceof PKCS8EncryptedPrivateKeyInfo;
    }

    /**
     * Its private key.
     *
     * @param passphrase decrypts it; ignored if it is not encrypted
     */
    PrivateKey key(char[] passphrase) {
        try {
            return new JcaPEMKeyConverter().getPrivateKey(keyInfo(keyObject(), passphrase));
        } catch (PEMException e) {
            throw wrong("holds a private key of an unknown kind: " + e.getMessage(), e);
        }
    }

    private PrivateKeyInfo keyInfo(Object key, char[] passphrase) {
        try {
            if (key instanceof PEMEncryptedKeyPair encrypted) {
                return encrypted
                        .decryptKeyPair(new JcePEMDecryptorProviderBuilder()
                                .setProvider(new BouncyCastleProvider())
                                .build(passphrase))
                        .getPrivateKeyInfo();
            }
            if (key instanceof PKCS8EncryptedPrivateKeyInfo encrypted) {
                return encrypted.decryptPrivateKeyInfo(new JceOpenSSLPKCS8DecryptorProviderBuilder()
                        .setProvider(new BouncyCastleProvider())
                        .build(passphrase));
            }
        } catch (IOException | PKCSException | OperatorCreationException | RuntimeException e) {
            // The causes of these say how the padding looked, which helps nobody.
            throw wrong("is encrypted, and the passphrase given for it is wrong", null);
        }
        return key instanceof PEMKeyPair pair ? pair.getPrivateKeyInfo() : (PrivateKeyInfo) key;
    }

    private Object keyObject() {
        for (Object object : objects) {
            // Parameters of a curve may stand before the key.
            if (object instanceof PEMKeyPair
                    || object instanceof PrivateKeyInfo
                    || object instanceof PEMEncryptedKeyPair
                    || object instanceof PKCS8EncryptedPrivateKeyInfo) {
                return object;
            }
        }
        throw wrong("holds no private key", null);
    }

    private ConfigurationException wrong(String why, @Nullable Throwable cause) {
        return new ConfigurationException("%s %s %s".formatted(what, file, why), cause);
    }
}
