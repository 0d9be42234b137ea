// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.tls;

import io.netty.util.NetUtil;
import java.net.IDN;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/**
 * Whose a certificate is: its alternative names, or the common name if it has no DNS name among those. An address
 * has to stand there as an address.
 */
final class HostNames {
    private static final int DNS = 2;
    private static final int IP = 7;

    private HostNames() {}

    /** Whether the certificate is that of {@code host}, a name or an address. */
    static boolean match(X509Certificate certificate, String host) throws CertificateParsingException {
        if (NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host)) {
            return alternatives(certificate, IP).stream().anyMatch(address -> sameAddress(address, host));
        }
        String name = ascii(host);
        return names(certificate).stream().anyMatch(pattern -> matches(pattern.toLowerCase(Locale.ROOT), name));
    }

    /** All that the certificate stands for, for an error message. */
    static List<String> all(X509Certificate certificate) throws CertificateParsingException {
        List<String> all = new ArrayList<>(names(certificate));
        all.addAll(alternatives(certificate, IP));
        return all;
    }

    private static List<String> names(X509Certificate certificate) throws CertificateParsingException {
        List<String> names = alternatives(certificate, DNS);
        return names.isEmpty() ? commonNames(certificate) : names;
    }

    private static List<String> alternatives(X509Certificate certificate, int kind) throws CertificateParsingException {
        List<String> found = new ArrayList<>();
        Collection<List<?>> names = certificate.getSubjectAlternativeNames();
        if (names != null) {
            for (List<?> name : names) {
                if (name.get(0).equals(kind)) {
                    found.add((String) name.get(1));
                }
            }
        }
        return found;
    }

    private static List<String> commonNames(X509Certificate certificate) throws CertificateParsingException {
        try {
            return new LdapName(certificate.getSubjectX500Principal().getName())
                    .getRdns().stream()
                            .filter(rdn -> rdn.getType().equalsIgnoreCase("CN"))
                            .map(Rdn::getValue)
                            .filter(String.class::isInstance)
                            .map(String.class::cast)
                            .toList();
        } catch (InvalidNameException e) {
            throw new CertificateParsingException("its subject is no name", e);
        }
    }

    /** A star stands for a whole first label, and not directly below a top-level domain. */
    private static boolean matches(String pattern, String host) {
        if (!pattern.startsWith("*.")) {
            return pattern.equals(host);
        }
        String domain = pattern.substring(1);
        int dot = host.indexOf('.');
        return dot > 0 && domain.indexOf('.', 1) > 0 && host.substring(dot).equals(domain);
    }

    private static boolean sameAddress(String one, String other) {
        try {
            // Both are addresses, so nothing is looked up.
            return InetAddress.getByName(one).equals(InetAddress.getByName(other));
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private static String ascii(String host) {
        try {
            String name = IDN.toASCII(host).toLowerCase(Locale.ROOT);
            return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
        } catch (IllegalArgumentException e) {
            return host.toLowerCase(Locale.ROOT);
        }
    }
}
