// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.route;

import dev.virtwire.client.ConfigurationException;
import dev.virtwire.client.internal.config.Surroundings;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What ssh's configuration files say of one host, as far as it matters here: of each setting the first that applies
 * counts, of {@code IdentityFile} all do. SSHD's own reader knows neither {@code Match} nor {@code Include}, and would
 * give what follows a {@code Match} to the host before it.
 */
final class SshConfig {
    private static final Logger LOG = LoggerFactory.getLogger(SshConfig.class);
    private static final int DEEPEST = 16;

    /** What has a meaning here; all else is for ssh itself. */
    private static final Set<String> KNOWN = Set.of(
            "hostname",
            "user",
            "port",
            "identityfile",
            "identitiesonly",
            "identityagent",
            "proxyjump",
            "proxycommand",
            "userknownhostsfile",
            "globalknownhostsfile",
            "stricthostkeychecking");

    private static final String SEVERAL = "identityfile";

    private final String host;
    private final Path folder;
    private final Map<String, List<String>> settings = new HashMap<>();

    private SshConfig(String host, Path folder) {
        this.host = host;
        this.folder = folder;
    }

    /**
     * Reads what files say.
     *
     * @param host the host, as it was asked for
     * @param files in the order in which they count; those that are not there say nothing
     * @param folder the user's {@code ~/.ssh}
     * @throws ConfigurationException if a file cannot be read or understood
     */
    static SshConfig of(String host, List<Path> files, Path folder) {
        SshConfig config = new SshConfig(host, folder);
        files.forEach(file -> config.read(file, true, 0));
        return config;
    }

    /** A setting, by its name in lower case. */
    Optional<String> value(String name) {
        return values(name).stream().findFirst();
    }

    /** All values of a setting. */
    List<String> values(String name) {
        return settings.getOrDefault(name, List.of());
    }

    private void read(Path file, boolean applies, int depth) {
        String text = Surroundings.read(file, "ssh configuration");
        if (text == null) {
            return;
        }
        boolean inForce = applies;
        int number = 0;
        for (String line : text.lines().toList()) {
            number++;
            List<String> words = words(file, number, line);
            if (words.isEmpty()) {
                continue;
            }
            String name = words.get(0).toLowerCase(Locale.ROOT);
            List<String> values = words.subList(1, words.size());
            if (values.isEmpty()) {
                throw wrong(file, number, "'%s' has no value".formatted(words.get(0)));
            }
            switch (name) {
                case "host" -> inForce = applies && matches(values);
                case "match" -> inForce = applies && meets(file, number, values);
                case "include" -> include(file, number, values, inForce, depth);
                default -> {
                    if (inForce && KNOWN.contains(name)) {
                        take(name, values);
                    }
                }
            }
        }
    }

    private void take(String name, List<String> values) {
        if (name.equals(SEVERAL)) {
            settings.computeIfAbsent(name, key -> new ArrayList<>()).addAll(values);
        } else {
            settings.putIfAbsent(name, List.copyOf(values));
        }
    }

    private boolean matches(List<String> patterns) {
        boolean matched = false;
        for (String pattern : patterns) {
            boolean negated = pattern.startsWith("!");
            if (HostPattern.matches(negated ? pattern.substring(1) : pattern, host)) {
                if (negated) {
                    return false;
                }
                matched = true;
            }
        }
        return matched;
    }

    private boolean meets(Path file, int number, List<String> criteria) {
        if (criteria.get(0).equalsIgnoreCase("all")) {
            return true;
        }
        boolean all = true;
        for (int i = 0; i < criteria.size(); i += 2) {
            String criterion = criteria.get(i).toLowerCase(Locale.ROOT);
            if (Set.of("host", "originalhost").contains(criterion) && i + 1 < criteria.size()) {
                all &= matches(List.of(criteria.get(i + 1).split(",")));
            } else {
                LOG.warn(
                        "{} line {}: 'Match {}' is passed over: only all, host and originalhost can be decided here",
                        file,
                        number,
                        criteria.get(i));
                return false;
            }
        }
        return all;
    }

    private void include(Path file, int number, List<String> values, boolean inForce, int depth) {
        if (depth >= DEEPEST) {
            throw wrong(file, number, "files include each other more than %d deep".formatted(DEEPEST));
        }
        for (String value : values) {
            Path relativeTo = file.startsWith(folder) ? folder : Path.of("/etc/ssh");
            Path path = relativeTo.resolve(expandHome(value));
            for (Path included : files(path)) {
                read(included, inForce, depth + 1);
            }
        }
    }

    /** The files that a path with a pattern in its last part means, by name. */
    private static List<Path> files(Path path) {
        Path name = path.getFileName();
        Path parent = path.getParent();
        if (name == null || parent == null || !Files.isDirectory(parent)) {
            return List.of();
        }
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(parent, name.toString())) {
            entries.forEach(found::add);
        } catch (IOException e) {
            throw new ConfigurationException(
                    "ssh configuration %s cannot be listed: %s".formatted(parent, e.getMessage()), e);
        }
        Collections.sort(found);
        return found;
    }

    /** A path with the user's home for a tilde at its beginning. */
    String expandHome(String path) {
        Path home = folder.getParent();
        return path.startsWith("~/") && home != null ? home + path.substring(1) : path;
    }

    /** Words are parted by blanks, or the first by an equals sign; quotes hold together what has blanks. */
    private static List<String> words(Path file, int number, String line) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean quoted = false;
        boolean begun = false;
        for (int i = 0; i < line.length(); i++) {
            char character = line.charAt(i);
            if (character == '"') {
                quoted = !quoted;
                begun = true;
            } else if (!quoted && character == '#' && !begun) {
                break;
            } else if (!quoted && (Character.isWhitespace(character) || isSign(character, words, begun))) {
                if (begun) {
                    words.add(word.toString());
                    word.setLength(0);
                    begun = false;
                }
            } else {
                word.append(character);
                begun = true;
            }
        }
        if (quoted) {
            throw wrong(file, number, "a quote is not closed");
        }
        if (begun) {
            words.add(word.toString());
        }
        return words;
    }

    /** Whether it is the equals sign after a name, with or without blanks before it. */
    private static boolean isSign(char character, List<String> words, boolean begun) {
        return character == '=' && (words.isEmpty() || (words.size() == 1 && !begun));
    }

    private static ConfigurationException wrong(Path file, int number, String why) {
        return new ConfigurationException("ssh configuration %s, line %d: %s".formatted(file, number, why));
    }
}
