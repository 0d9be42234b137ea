// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.notify;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** Whom TLS trusts. */
final class TrustedCertificates {
    private TrustedCertificates() {}

    /**
     * A context that trusts the certificates in a file and no other, or those that Java trusts.
     *
     * @param ca a file in PEM, or null
     */
    static SSLContext context(@Nullable Path ca) throws NotificationException {
        try {
            if (ca == null) {
                return SSLContext.getDefault();
            }
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            try (InputStream stream = Files.newInputStream(ca)) {
                int number = 0;
                for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(stream)) {
                    store.setCertificateEntry("ca-" + number++, each);
                }
                if (number == 0) {
                    throw new NotificationException("there is no certificate in " + ca, null);
                }
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new NotificationException(
                    (ca == null ? "Java's certificates" : "the certificates of " + ca) + " cannot be used: "
                            + e.getMessage(),
                    e);
        }
    }
}
