// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.client.internal.config.LibvirtConf;
import dev.virtwire.client.internal.config.Surroundings;
import dev.virtwire.client.internal.config.UriChoice;
import dev.virtwire.client.internal.transport.Transport;
import dev.virtwire.client.internal.transport.Transports;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which URI is meant, what connecting to it would do, and why. Nothing is connected to.
 *
 * @param uri the URI, after aliases and defaults
 * @param source where it comes from, in words
 * @param target what would be connected to: a host and its port, or a socket's path
 * @param reasons what was looked at and decided on the way to the target, a sentence each
 * @since 0.1
 */
public record UriExplanation(LibvirtUri uri, String source, String target, List<String> reasons) {
    /** Copies the reasons. */
    public UriExplanation {
        reasons = List.copyOf(reasons);
    }

    /**
     * Explains what connecting would connect to.
     *
     * @param given what the user gave, as {@link #resolve} takes it
     * @param readOnly whether the connection may only read; such ones have a socket of their own
     * @param environment the variables that count, such as {@code System.getenv()}
     * @throws InvalidUriException if it is not a connection URI, or asks for what its transport cannot do
     * @throws ConfigurationException if there is a libvirt.conf that cannot be read or understood, or the URI is one by
     *     ssh and the module for it is not there
     */
    public static UriExplanation of(@Nullable String given, boolean readOnly, Map<String, String> environment) {
        Surroundings surroundings = Surroundings.with(environment);
        LibvirtConf conf = LibvirtConf.load(surroundings);
        UriChoice choice = UriChoice.of(given, surroundings, conf);
        ConnectOptions options = ConnectOptions.builder().readOnly(readOnly).build();
        Transport chosen = Transports.of(choice.uri(), options, surroundings, conf);
        return new UriExplanation(choice.uri(), choice.source(), chosen.target(), chosen.reasons());
    }

    /**
     * The URI that is meant: the one given, else the environment's {@code LIBVIRT_DEFAULT_URI}, else {@code
     * uri_default} of libvirt.conf, else one that leaves the choice to this machine's daemon. An alias of libvirt.conf
     * stands for its URI.
     *
     * @param given what the user gave; null or empty for nothing
     * @param environment the variables that count, such as {@code System.getenv()}
     * @throws InvalidUriException if it is not a connection URI
     * @throws ConfigurationException if there is a libvirt.conf that cannot be read or understood
     */
    public static LibvirtUri resolve(@Nullable String given, Map<String, String> environment) {
        Surroundings surroundings = Surroundings.with(environment);
        return UriChoice.of(given, surroundings, LibvirtConf.load(surroundings)).uri();
    }
}
