// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.tls;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.cert.CertPath;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXCertPathBuilderResult;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Believes a server whose certificate is valid now, was issued by one of our CAs, has not been revoked by it, and is
 * that of the host that was asked for.
 */
final class ServerTrust extends X509ExtendedTrustManager {
    private static final String SERVER_PURPOSE = "1.3.6.1.5.5.7.3.1";
    private static final String ANY_PURPOSE = "2.5.29.37.0";

    private final CertificateFiles files;
    private final List<X509Certificate> authorities;
    private final List<X509CRL> revocations;
    private final String host;

    ServerTrust(CertificateFiles files, List<X509Certificate> authorities, List<X509CRL> revocations, String host) {
        this.files = files;
        this.authorities = authorities;
        this.revocations = revocations;
        this.host = host;
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
        check(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
        throw new CertificateException("this side is no server");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
        throw new CertificateException("this side is no server");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
        throw new CertificateException("this side is no server");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return authorities.toArray(X509Certificate[]::new);
    }

    private void check(X509Certificate[] chain) throws CertificateException {
        X509Certificate server = chain[0];
        Instant now = Instant.now();
        String notInForce = notInForce(server, now);
        if (notInForce != null) {
            throw refused("it " + notInForce, server, null);
        }
        checkRevocations(path(chain, now), now);
        List<String> purposes = server.getExtendedKeyUsage();
        if (purposes != null && !purposes.contains(SERVER_PURPOSE) && !purposes.contains(ANY_PURPOSE)) {
            throw refused("it is not made for a server (its extended key usage lacks serverAuth)", server, null);
        }
        if (!HostNames.match(server, host)) {
            List<String> all = HostNames.all(server);
            throw refused(
                    all.contains(host)
                            ? "it has '%s' as a name, and not as an address".formatted(host)
                            : "it is that of %s, and not that of '%s'".formatted(String.join(", ", all), host),
                    server,
                    null);
        }
    }

    /** Why a certificate does not count at a time; null if it does. */
    private static @Nullable String notInForce(X509Certificate certificate, Instant now) {
        Instant first = certificate.getNotBefore().toInstant();
        Instant last = certificate.getNotAfter().toInstant();
        return now.isAfter(last) ? "expired at " + last : now.isBefore(first) ? "is valid only from " + first : null;
    }

    /** The certificates from the server's up to the CA's, which is the last. */
    private List<X509Certificate> path(X509Certificate[] chain, Instant now) throws CertificateException {
        X509Certificate server = chain[0];
        if (authorities.contains(server)) {
            return List.of(server);
        }
        // PKIX does not look at the dates of those that it starts from.
        Set<TrustAnchor> anchors = authorities.stream()
                .filter(ca -> notInForce(ca, now) == null)
                .map(ca -> new TrustAnchor(ca, null))
                .collect(Collectors.toSet());
        X509CertSelector selector = new X509CertSelector();
        selector.setCertificate(server);
        try {
            PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, selector);
            // If there is a list of ours, it is looked at below; without one, nobody is asked.
            parameters.setRevocationEnabled(false);
            parameters.addCertStore(
                    CertStore.getInstance("Collection", new CollectionCertStoreParameters(List.of(chain))));
            PKIXCertPathBuilderResult result = (PKIXCertPathBuilderResult)
                    CertPathBuilder.getInstance("PKIX").build(parameters);
            return withAnchor(result.getCertPath(), result.getTrustAnchor());
        } catch (CertPathBuilderException | InvalidAlgorithmParameterException e) {
            for (X509Certificate ca : authorities) {
                String notInForce = notInForce(ca, now);
                if (notInForce != null && isIssuer(ca, chain)) {
                    throw refused(
                            "its CA '%s' of %s %s"
                                    .formatted(ca.getSubjectX500Principal().getName(), files.authorities(), notInForce),
                            server,
                            e);
                }
            }
            throw refused(
                    "its issuer '%s' leads to no CA of %s (%s)"
                            .formatted(server.getIssuerX500Principal().getName(), files.authorities(), innermost(e)),
                    server,
                    e);
        } catch (GeneralSecurityException e) {
            throw new CertificateException(e);
        }
    }

    private static boolean isIssuer(X509Certificate ca, X509Certificate[] chain) {
        return Stream.of(chain).anyMatch(one -> one.getIssuerX500Principal().equals(ca.getSubjectX500Principal()));
    }

    private static List<X509Certificate> withAnchor(CertPath path, TrustAnchor anchor) {
        List<X509Certificate> all = new ArrayList<>();
        for (Certificate certificate : path.getCertificates()) {
            all.add((X509Certificate) certificate);
        }
        all.add(anchor.getTrustedCert());
        return all;
    }

    private void checkRevocations(List<X509Certificate> path, Instant now) throws CertificateException {
        for (int i = 0; i + 1 < path.size(); i++) {
            X509Certificate issuer = path.get(i + 1);
            List<X509CRL> named = revocations.stream()
                    .filter(list -> list.getIssuerX500Principal().equals(issuer.getSubjectX500Principal()))
                    .toList();
            // A CA that was renewed with another key has its former list under the same name.
            List<X509CRL> signed =
                    named.stream().filter(list -> isSigned(list, issuer)).toList();
            if (signed.isEmpty() && !named.isEmpty()) {
                throw refused(
                        "the revocation list %s is not signed by its CA".formatted(files.revocations()),
                        path.get(i),
                        null);
            }
            for (X509CRL list : signed) {
                checkRevocation(path.get(i), list, now);
            }
        }
    }

    private static boolean isSigned(X509CRL list, X509Certificate issuer) {
        try {
            list.verify(issuer.getPublicKey());
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private void checkRevocation(X509Certificate certificate, X509CRL list, Instant now) throws CertificateException {
        Date next = list.getNextUpdate();
        if (next != null && now.isAfter(next.toInstant())) {
            throw refused(
                    "the revocation list %s ran out at %s; fetch the CA's new one"
                            .formatted(files.revocations(), next.toInstant()),
                    certificate,
                    null);
        }
        if (list.isRevoked(certificate)) {
            throw refused("%s says that its CA has revoked it".formatted(files.revocations()), certificate, null);
        }
    }

    private static ServerRefusedException refused(String why, X509Certificate certificate, @Nullable Throwable cause) {
        return new ServerRefusedException(
                "the server's certificate '%s' is refused: %s"
                        .formatted(certificate.getSubjectX500Principal().getName(), why),
                cause);
    }

    private static String innermost(Throwable failure) {
        Throwable inner = failure;
        while (inner.getCause() != null) {
            inner = inner.getCause();
        }
        return String.valueOf(inner.getMessage());
    }
}
