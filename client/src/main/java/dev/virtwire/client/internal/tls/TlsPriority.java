// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.tls;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import javax.net.ssl.SSLParameters;

/**
 * Which versions and ciphers of TLS a connection may use: a priority string of GnuTLS, as far as it can be said to
 * Java's TLS. What cannot is refused, so that nobody believes to have forbidden what is allowed.
 */
public final class TlsPriority {
    private static final Set<String> KEYWORDS =
            Set.of("NORMAL", "PERFORMANCE", "PFS", "SECURE128", "SECURE192", "SECURE256");

    /** What this side never does anyway, so that taking it away is no news. */
    private static final Set<String> NEVER = Set.of(
            "VERS-SSL3.0",
            "VERS-TLS1.0",
            "VERS-TLS1.1",
            "VERS-DTLS-ALL",
            "VERS-DTLS1.0",
            "VERS-DTLS1.2",
            "ARCFOUR-128",
            "3DES-CBC",
            "MD5",
            "CAMELLIA-128-CBC",
            "CAMELLIA-192-CBC",
            "CAMELLIA-256-CBC",
            "CAMELLIA-128-GCM",
            "CAMELLIA-256-GCM");

    /** Java does these in any case. */
    private static final Set<String> ALWAYS = Set.of("%SERVER_PRECEDENCE", "%SAFE_RENEGOTIATION");

    /** Which of Java's suites a name of GnuTLS takes away. */
    private static final Map<String, Predicate<String>> SUITES = Map.ofEntries(
            Map.entry("AES-128-GCM", suite -> suite.contains("AES_128_GCM")),
            Map.entry("AES-256-GCM", suite -> suite.contains("AES_256_GCM")),
            Map.entry("AES-128-CBC", suite -> suite.contains("AES_128_CBC")),
            Map.entry("AES-256-CBC", suite -> suite.contains("AES_256_CBC")),
            Map.entry("CHACHA20-POLY1305", suite -> suite.contains("CHACHA20_POLY1305")),
            Map.entry("RSA", suite -> suite.startsWith("TLS_RSA_WITH")),
            Map.entry("DHE-RSA", suite -> suite.startsWith("TLS_DHE_RSA_")),
            Map.entry("ECDHE-RSA", suite -> suite.startsWith("TLS_ECDHE_RSA_")),
            Map.entry("ECDHE-ECDSA", suite -> suite.startsWith("TLS_ECDHE_ECDSA_")),
            Map.entry("SHA1", suite -> suite.endsWith("_SHA")));

    private final Set<String> versions = new LinkedHashSet<>(Set.of("TLSv1.3", "TLSv1.2"));
    private final Set<String> without = new LinkedHashSet<>();
    private boolean strongOnly;

    private TlsPriority() {}

    /** What Java does by itself: TLS 1.2 and 1.3. */
    public static TlsPriority usual() {
        return new TlsPriority();
    }

    /**
     * Reads a priority string.
     *
     * @throws IllegalArgumentException with the part that cannot be said to Java's TLS
     */
    public static TlsPriority parse(String text) {
        TlsPriority priority = new TlsPriority();
        String[] parts = text.toUpperCase(Locale.ROOT).split(":", -1);
        priority.begin(parts[0]);
        for (int i = 1; i < parts.length; i++) {
            priority.change(parts[i]);
        }
        if (priority.versions.isEmpty()) {
            throw new IllegalArgumentException("it leaves no version of TLS");
        }
        return priority;
    }

    /** Narrows what an engine would use. */
    void applyTo(SSLParameters parameters) {
        parameters.setProtocols(versions.toArray(String[]::new));
        String[] suites = Arrays.stream(parameters.getCipherSuites())
                .filter(suite -> without.stream().noneMatch(name -> takesAway(name, suite)))
                .filter(suite -> !strongOnly || suite.contains("256_") || suite.contains("CHACHA20"))
                .toArray(String[]::new);
        if (suites.length == 0) {
            throw new IllegalArgumentException("it leaves no cipher");
        }
        parameters.setCipherSuites(suites);
    }

    private void begin(String keyword) {
        // @NAME is the administrator's choice for the whole machine, and Java has its own place for that.
        if (!keyword.startsWith("@") && !KEYWORDS.contains(keyword)) {
            throw new IllegalArgumentException(
                    "it begins with '%s', and what can be said to Java's TLS begins with @SYSTEM, NORMAL, PERFORMANCE, PFS, SECURE128, SECURE192 or SECURE256"
                            .formatted(keyword));
        }
        if (keyword.equals("PFS")) {
            without.add("RSA");
        }
        strongOnly = keyword.equals("SECURE192") || keyword.equals("SECURE256");
    }

    private void change(String part) {
        if (ALWAYS.contains(part)) {
            return;
        }
        boolean adds = part.startsWith("+");
        String name = part.isEmpty() ? "" : part.substring(1);
        if (!adds && !part.startsWith("-") && !part.startsWith("!")) {
            throw cannot(part);
        }
        switch (name) {
            case "VERS-ALL", "VERS-TLS-ALL" -> change(adds, "TLSv1.3", "TLSv1.2");
            case "VERS-TLS1.3" -> change(adds, "TLSv1.3");
            case "VERS-TLS1.2" -> change(adds, "TLSv1.2");
            default -> {
                if (SUITES.containsKey(name)) {
                    if (adds) {
                        without.remove(name);
                    } else {
                        without.add(name);
                    }
                } else if (adds || !NEVER.contains(name)) {
                    throw cannot(part);
                }
            }
        }
    }

    private void change(boolean adds, String... names) {
        if (adds) {
            versions.addAll(Set.of(names));
        } else {
            versions.removeAll(Set.of(names));
        }
    }

    private static boolean takesAway(String name, String suite) {
        Predicate<String> those = SUITES.get(name);
        return those != null && those.test(suite);
    }

    private static IllegalArgumentException cannot(String part) {
        return new IllegalArgumentException("its part '%s' cannot be said to Java's TLS".formatted(part));
    }
}
