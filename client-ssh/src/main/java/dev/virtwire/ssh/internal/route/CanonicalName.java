// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.route;

import dev.virtwire.client.ConfigurationException;
import java.util.function.Predicate;

/**
 * The full name of a host whose short name was asked for, by {@code CanonicalizeHostname} and what belongs to it. That
 * a name stands for another one in the DNS is not followed: Java does not tell.
 */
final class CanonicalName {
    private static final int USUAL_DOTS = 1;

    private CanonicalName() {}

    /** Whether ssh's configuration is read again for the name that comes of it. */
    static boolean isWanted(SshConfig config) {
        return !mode(config).equals("no");
    }

    /**
     * The name under the first of {@code CanonicalDomains} that has it, or else the name itself.
     *
     * @param resolves whether a name has an address; a dot at its end says that it is complete
     * @throws ConfigurationException if no domain has it, and the name itself is not good enough
     */
    static String of(String name, SshConfig config, Predicate<String> resolves) {
        String mode = mode(config);
        if (mode.equals("no") || (!config.isDirect() && !mode.equals("always")) || isAddress(name)) {
            return name;
        }
        int most = config.value("canonicalizemaxdots").map(CanonicalName::dots).orElse(USUAL_DOTS);
        if (name.chars().filter(c -> c == '.').count() > most) {
            return name;
        }
        for (String domain : config.values("canonicaldomains")) {
            if (domain.equalsIgnoreCase(SshConfig.NONE)) {
                break;
            }
            if (resolves.test("%s.%s.".formatted(name, domain))) {
                return name + "." + domain;
            }
        }
        if (!config.flag("canonicalizefallbacklocal", true)) {
            throw new ConfigurationException(
                    "ssh configuration: host '%s' is in none of CanonicalDomains %s, and CanonicalizeFallbackLocal is no"
                            .formatted(name, String.join(" ", config.values("canonicaldomains"))));
        }
        return name;
    }

    private static String mode(SshConfig config) {
        return config.choice("canonicalizehostname", "no", "no", "yes", "always");
    }

    static boolean isAddress(String name) {
        return name.indexOf(':') >= 0 || name.matches("[0-9.]+");
    }

    private static int dots(String digits) {
        if (!digits.matches("[0-9]{1,9}")) {
            throw new ConfigurationException(
                    "ssh configuration: CanonicalizeMaxDots '%s' is no number".formatted(digits));
        }
        return Integer.parseInt(digits);
    }
}
