// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.config;

import dev.virtwire.client.LibvirtUri;
import org.jspecify.annotations.Nullable;

/**
 * Which URI is meant, by libvirt's rules: the one given, else {@code LIBVIRT_DEFAULT_URI}, else {@code uri_default},
 * else the daemon's choice; and an alias stands for its URI.
 *
 * @param uri the URI
 * @param source where it comes from, in words
 */
public record UriChoice(LibvirtUri uri, String source) {
    private static final String VARIABLE = "LIBVIRT_DEFAULT_URI";

    /**
     * Chooses.
     *
     * @param given what the user gave; null or empty for nothing
     */
    public static UriChoice of(@Nullable String given, Surroundings surroundings, LibvirtConf conf) {
        if (given != null && !given.isEmpty()) {
            return choose(given, "as given", conf);
        }
        String variable = surroundings.variable(VARIABLE).orElse(null);
        if (variable != null) {
            return choose(variable, "the environment's " + VARIABLE, conf);
        }
        if (conf.uriDefault().isPresent()) {
            return choose(conf.uriDefault().get(), "uri_default of " + conf.file(), conf);
        }
        // "remote" is the driver that leaves the choice to the daemon; users that are not root have one of their own.
        return new UriChoice(
                LibvirtUri.parse(surroundings.root() ? "remote+unix:///system" : "remote+unix:///session"),
                "no URI is given anywhere, so the daemon chooses the hypervisor");
    }

    private static UriChoice choose(String text, String source, LibvirtConf conf) {
        String aliased = conf.aliases().get(text);
        return aliased == null
                ? new UriChoice(LibvirtUri.parse(text), source)
                : new UriChoice(
                        LibvirtUri.parse(aliased), "%s: the alias '%s' of %s".formatted(source, text, conf.file()));
    }
}
