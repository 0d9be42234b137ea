// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.auth;

import dev.virtwire.client.ConfigurationException;
import dev.virtwire.client.internal.config.Surroundings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * {@code auth.conf}: for a service and a host, or for all hosts, the name of a group of credentials; and the groups.
 * Which file: the environment's {@code LIBVIRT_AUTH_FILE}, else the URI's {@code authfile}, else the user's own, else
 * the system's.
 */
public final class AuthFile {
    private final Path file;
    private final Map<String, Map<String, String>> groups = new HashMap<>();

    private AuthFile(Path file, String text) {
        this.file = file;
        Map<String, String> group = null;
        int line = 0;
        for (String raw : text.split("\n", -1)) {
            line++;
            String content = raw.strip();
            if (content.isEmpty() || content.startsWith("#") || content.startsWith(";")) {
                continue;
            }
            int equals = content.indexOf('=');
            if (content.startsWith("[") && content.endsWith("]")) {
                group = groups.computeIfAbsent(content.substring(1, content.length() - 1), name -> new HashMap<>());
            } else if (equals > 0 && group != null) {
                group.put(
                        content.substring(0, equals).strip(),
                        content.substring(equals + 1).strip());
            } else {
                // The line itself may hold a secret, so it is not shown.
                throw new ConfigurationException(
                        "%s, line %d: neither a [group] nor a name=value below one".formatted(file, line));
            }
        }
    }

    /**
     * What was looked for.
     *
     * @param values name and value of each, such as {@code authname} and {@code password}; empty if no file has
     *     credentials for the host
     * @param missing why some are missing, for a message
     */
    public record Found(Map<String, String> values, String missing) {
        /** Copies the values. */
        public Found {
            values = Map.copyOf(values);
        }

        @Override
        public String toString() {
            return "Found[" + values.keySet() + "]";
        }
    }

    /**
     * The credentials for a host.
     *
     * @param service what they are for, such as {@code libvirt}
     * @param hosts the host, as the URI names it, and further names of it; the first that stands there counts
     * @param named the URI's file, if it names one
     * @throws ConfigurationException if the file is wrong, or one that was named is missing
     */
    public static Found credentials(
            String service, List<String> hosts, Optional<Path> named, Surroundings surroundings) {
        Optional<Path> insisted =
                surroundings.variable("LIBVIRT_AUTH_FILE").map(Path::of).or(() -> named);
        Path file;
        if (insisted.isPresent()) {
            file = insisted.get();
        } else {
            List<Path> usual = Stream.concat(
                            surroundings.userConfiguration().stream(), Stream.of(surroundings.systemConfiguration()))
                    .map(folder -> folder.resolve("auth.conf"))
                    .filter(Files::exists)
                    .toList();
            if (usual.isEmpty()) {
                return new Found(Map.of(), "there is no auth.conf");
            }
            file = usual.get(0);
        }
        String text = Surroundings.read(file, "authentication file");
        if (text == null) {
            throw new ConfigurationException("authentication file " + file + " does not exist");
        }
        return new AuthFile(file, text).find(service, hosts);
    }

    private Found find(String service, List<String> hosts) {
        List<String> names = Stream.concat(hosts.stream(), Stream.of("default"))
                .map(host -> "auth-" + service + "-" + host)
                .distinct()
                .toList();
        String name = names.stream().filter(groups::containsKey).findFirst().orElse(null);
        if (name == null) {
            return new Found(Map.of(), "%s has no group [%s]".formatted(file, String.join("] or [", names)));
        }
        Map<String, String> group = groups.getOrDefault(name, Map.of());
        String credentials = group.get("credentials");
        if (credentials == null) {
            throw new ConfigurationException("%s: the group [%s] has no 'credentials'".formatted(file, name));
        }
        Map<String, String> found = groups.get("credentials-" + credentials);
        if (found == null) {
            throw new ConfigurationException(
                    "%s: there is no group [credentials-%s], which [%s] names".formatted(file, credentials, name));
        }
        return new Found(found, "%s has no password in the group [credentials-%s]".formatted(file, credentials));
    }
}
