// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.config;

import dev.virtwire.client.ConfigurationException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What {@code libvirt.conf} says, the configuration of libvirt's clients: root's is the system's, everybody else has
 * one of their own.
 *
 * @param file where it was read, or would have been
 * @param aliases names for URIs
 * @param uriDefault the URI if no other is given
 * @param remoteMode which daemon's socket: auto, legacy or direct
 * @param remoteProxy what forwards to the socket at the other end of ssh: auto, netcat or native
 * @param tlsPriority which versions and ciphers of TLS, as GnuTLS writes them
 */
public record LibvirtConf(
        Path file,
        Map<String, String> aliases,
        Optional<String> uriDefault,
        Optional<String> remoteMode,
        Optional<String> remoteProxy,
        Optional<String> tlsPriority) {

    /** What a mode can be. */
    public static final Set<String> MODES = Set.of("auto", "direct", "legacy");

    /** What a proxy can be. */
    public static final Set<String> PROXIES = Set.of("auto", "native", "netcat");

    /** Copies the aliases. */
    public LibvirtConf {
        aliases = Map.copyOf(aliases);
    }

    /**
     * Reads the file; one that is not there says nothing.
     *
     * @throws ConfigurationException if it cannot be read or understood
     */
    public static LibvirtConf load(Surroundings surroundings) {
        Path folder = surroundings.root()
                ? surroundings.systemConfiguration()
                : surroundings.userConfiguration().orElse(surroundings.systemConfiguration());
        Path file = folder.resolve("libvirt.conf");
        @Nullable String text = Surroundings.read(file, "libvirt's client configuration");
        Map<String, Object> settings = text == null ? Map.of() : ConfText.parse(file, text);
        return new LibvirtConf(
                file,
                aliases(file, settings.get("uri_aliases")),
                string(file, settings, "uri_default"),
                string(file, settings, "remote_mode"),
                string(file, settings, "remote_proxy"),
                string(file, settings, "tls_priority"));
    }

    /**
     * Which daemon's socket, if the URI does not say.
     *
     * @throws ConfigurationException if the file says what is no mode
     */
    public String mode() {
        return oneOf(remoteMode, "remote_mode", MODES, "auto, direct or legacy");
    }

    /**
     * What forwards at the other end of ssh, if the URI does not say.
     *
     * @throws ConfigurationException if the file says what is no proxy
     */
    public String proxy() {
        return oneOf(remoteProxy, "remote_proxy", PROXIES, "auto, native or netcat");
    }

    private String oneOf(Optional<String> value, String name, Set<String> known, String words) {
        value.filter(text -> !known.contains(text)).ifPresent(text -> {
            throw new ConfigurationException("%s: %s '%s' is not %s".formatted(file, name, text, words));
        });
        return value.orElse("auto");
    }

    private static Optional<String> string(Path file, Map<String, Object> settings, String name) {
        Object value = settings.get(name);
        if (value != null && !(value instanceof String)) {
            throw new ConfigurationException("%s: %s is no string in quotes".formatted(file, name));
        }
        return Optional.ofNullable((String) value);
    }

    private static Map<String, String> aliases(Path file, @Nullable Object value) {
        if (value == null) {
            return Map.of();
        }
        if (!(value instanceof List<?> entries)) {
            throw new ConfigurationException(file + ": uri_aliases is no list in brackets");
        }
        Map<String, String> aliases = new LinkedHashMap<>();
        for (Object entry : entries) {
            String text = (String) entry;
            int equals = text.indexOf('=');
            if (equals < 1 || equals == text.length() - 1) {
                throw new ConfigurationException(
                        "%s: the alias '%s' has not the form \"name=uri\"".formatted(file, text));
            }
            aliases.putIfAbsent(text.substring(0, equals), text.substring(equals + 1));
        }
        return aliases;
    }
}
