// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.route;

import dev.virtwire.client.ConfigurationException;
import dev.virtwire.client.internal.config.Surroundings;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What ssh's configuration files say of one host, as far as it matters here: of each setting the first that applies
 * counts, of {@code IdentityFile} all do. SSHD's own reader knows neither {@code Match} nor {@code Include}, and would
 * give what follows a {@code Match} to the host before it.
 */
final class SshConfig {
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
            "stricthostkeychecking",
            "hostkeyalias",
            "revokedhostkeys",
            "canonicalizehostname",
            "canonicalizemaxdots");

    /** What ssh would trust less or log in by, and this client does not know: said, so that nobody relies on it. */
    private static final Map<String, String> PASSED_OVER = Map.of(
            "hostkeyalgorithms", "any algorithm that is not broken is believed",
            "certificatefile", "certificates of users are not offered");

    private static final String SEVERAL = "identityfile";

    private final String asked;
    private final Optional<String> user;
    private final Surroundings surroundings;
    private final Path folder;
    private final Consumer<String> notices;
    private final Map<String, List<String>> settings = new HashMap<>();

    /** What {@code Host} looks at: the host as it was asked for, and in a second reading its address. */
    private String host;

    private boolean isFinal;
    private boolean finalWanted;

    private SshConfig(
            String asked, Optional<String> user, Surroundings surroundings, Path folder, Consumer<String> notices) {
        this.asked = asked;
        this.host = asked;
        this.user = user;
        this.surroundings = surroundings;
        this.folder = folder;
        this.notices = notices;
    }

    /**
     * Reads what files say; once more if a {@code Match} wants to see what came of that, as ssh does.
     *
     * @param host the host, as it was asked for
     * @param user the user, if one was asked for
     * @param files in the order in which they count; those that are not there say nothing
     * @param folder the user's {@code ~/.ssh}
     * @param notices takes a sentence for each line that is passed over, though ssh would follow it
     * @throws ConfigurationException if a file cannot be read or understood
     */
    static SshConfig of(
            String host,
            Optional<String> user,
            List<Path> files,
            Surroundings surroundings,
            Path folder,
            Consumer<String> notices) {
        SshConfig config = new SshConfig(host, user, surroundings, folder, notices);
        files.forEach(file -> config.read(file, true, 0));
        if (config.finalWanted) {
            config.host = config.address();
            config.isFinal = true;
            files.forEach(file -> config.read(file, true, 0));
        }
        return config;
    }

    /** The host's name or address, as far as the files say it. */
    String address() {
        return value("hostname").map(name -> name.replace("%h", asked)).orElse(asked);
    }

    /** The user at the host, as far as the files say it. */
    String user() {
        return user.or(() -> value("user")).orElseGet(SshConfig::localUser);
    }

    private static String localUser() {
        return System.getProperty("user.name", "root");
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
        boolean counts = applies;
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
                case "host" -> counts = applies && matches(values, host);
                case "match" -> counts = applies && meets(file, number, values);
                case "include" -> include(file, number, values, counts, depth);
                default -> {
                    if (counts && KNOWN.contains(name)) {
                        take(name, values);
                    } else if (counts && PASSED_OVER.containsKey(name) && !isAddition(values.get(0))) {
                        passedOver(file, number, words.get(0), PASSED_OVER.get(name));
                    }
                }
            }
        }
    }

    /** Whether a list is added to the usual one, or put before it: no less is trusted then. */
    private static boolean isAddition(String list) {
        return list.startsWith("+") || list.startsWith("^");
    }

    private void take(String name, List<String> values) {
        if (name.equals(SEVERAL)) {
            List<String> all = settings.computeIfAbsent(name, key -> new ArrayList<>());
            values.stream().filter(value -> !all.contains(value)).forEach(all::add);
        } else {
            settings.putIfAbsent(name, List.copyOf(values));
        }
    }

    private static boolean matches(List<String> patterns, String name) {
        boolean matched = false;
        for (String pattern : patterns) {
            boolean negated = pattern.startsWith("!");
            if (HostPattern.matches(negated ? pattern.substring(1) : pattern, name)) {
                if (negated) {
                    return false;
                }
                matched = true;
            }
        }
        return matched;
    }

    /** Whether a {@code Match} applies. One that cannot be decided does not, and that is said. */
    private boolean meets(Path file, int number, List<String> criteria) {
        Deque<String> words = new ArrayDeque<>(criteria);
        boolean all = true;
        String undecided = null;
        while (!words.isEmpty()) {
            String[] word = words.remove().split("=", 2);
            if (word.length > 1) {
                words.addFirst(word[1]);
            }
            boolean negated = word[0].startsWith("!");
            String criterion = word[0].substring(negated ? 1 : 0).toLowerCase(Locale.ROOT);
            String value = Set.of("all", "canonical", "final").contains(criterion) ? "" : words.poll();
            if (value == null) {
                throw wrong(file, number, "'Match %s' has no value".formatted(word[0]));
            }
            finalWanted |= criterion.equals("final");
            List<String> patterns = List.of(value.split(","));
            boolean met;
            switch (criterion) {
                case "all" -> met = true;
                case "canonical", "final" -> met = isFinal;
                case "host" -> met = matches(patterns, address());
                case "originalhost" -> met = matches(patterns, asked);
                case "user" -> met = matches(patterns, user());
                case "localuser" -> met = matches(patterns, localUser());
                default -> {
                    undecided = word[0];
                    continue;
                }
            }
            // The rest is read even so: a "final" behind it wants the second reading, whatever stands before it.
            all &= met != negated;
        }
        if (all && undecided != null) {
            passedOver(file, number, "Match " + undecided, "it cannot be decided here");
        }
        return all && undecided == null;
    }

    private void passedOver(Path file, int number, String what, String consequence) {
        notices.accept("ssh configuration %s, line %d: '%s' is passed over for host %s: %s"
                .formatted(file, number, what, asked, consequence));
    }

    private void include(Path file, int number, List<String> values, boolean counts, int depth) {
        if (depth >= DEEPEST) {
            throw wrong(file, number, "files include each other more than %d deep".formatted(DEEPEST));
        }
        for (String value : values) {
            Path relativeTo = file.startsWith(folder) ? folder : Path.of("/etc/ssh");
            Path path = relativeTo.resolve(surroundings.expandHome(value));
            for (Path included : files(path)) {
                read(included, counts, depth + 1);
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
