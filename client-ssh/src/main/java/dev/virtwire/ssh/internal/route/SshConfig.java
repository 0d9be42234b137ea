// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.route;

import dev.virtwire.client.ConfigurationException;
import dev.virtwire.client.internal.config.Surroundings;
import java.io.IOException;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * What ssh's configuration files say of one host, as far as it matters here: of each setting the first that applies
 * counts, of files of keys and certificates all do. SSHD's own reader knows neither {@code Match} nor {@code Include},
 * and would give what follows a {@code Match} to the host before it.
 */
final class SshConfig {
    /** What a setting says that turns something off. */
    static final String NONE = "none";

    private static final int DEEPEST = 16;
    private static final int WRITABLE_BY_ALL = 2;

    /** What has a meaning here, and one value. */
    private static final Set<String> SINGLE = Set.of(
            "hostname",
            "user",
            "port",
            "identityfile",
            "certificatefile",
            "identitiesonly",
            "identityagent",
            "proxyjump",
            "stricthostkeychecking",
            "hostkeyalias",
            "revokedhostkeys",
            "canonicalizehostname",
            "canonicalizemaxdots",
            "canonicalizefallbacklocal",
            "pubkeyauthentication",
            "passwordauthentication",
            "kbdinteractiveauthentication",
            "preferredauthentications",
            "tag");

    /** What has a meaning here, and as many values as there are on its line. */
    private static final Set<String> LISTS =
            Set.of("userknownhostsfile", "globalknownhostsfile", "canonicaldomains", "proxycommand");

    /** What adds to what was there, in place of being passed over for it. */
    private static final Set<String> SEVERAL = Set.of("identityfile", "certificatefile");

    /** Of these the first to appear counts, and the other does not. */
    private static final Set<String> WAYS = Set.of("proxyjump", "proxycommand");

    private static final Map<String, String> OTHER_NAMES = Map.of(
            "challengeresponseauthentication", "kbdinteractiveauthentication",
            "dsaauthentication", "pubkeyauthentication",
            "globalknownhostsfile2", "globalknownhostsfile",
            "userknownhostsfile2", "userknownhostsfile");

    /** What ssh would trust less or log in by, and this client does not know: said, so that nobody relies on it. */
    private static final Map<String, String> PASSED_OVER = Map.of(
            "hostkeyalgorithms", "any algorithm that is not broken is believed",
            "knownhostscommand", "this client runs none, and only files say which hosts are known",
            "canonicalizepermittedcnames", "that a name stands for another one is not followed");

    private final String asked;
    private final Optional<String> user;
    private final Surroundings surroundings;
    private final Consumer<String> notices;
    private final Set<String> said = new HashSet<>();
    private final Map<String, List<String>> settings = new HashMap<>();

    /** What {@code Host} looks at: the host as it was asked for, and in a second reading its address. */
    private String host;

    private boolean isFinal;
    private boolean finalWanted;

    /**
     * A file that counts.
     *
     * @param includes where the files are that it and those that it includes name without a folder
     * @param own whether it is the user's own, in which {@code ~} means something
     */
    record Source(Path file, Path includes, boolean own) {}

    private SshConfig(String asked, Optional<String> user, Surroundings surroundings, Consumer<String> notices) {
        this.asked = asked;
        this.host = asked;
        this.user = user;
        this.surroundings = surroundings;
        this.notices = notices;
    }

    /**
     * Reads what files say; once more if a {@code Match} or {@code CanonicalizeHostname} wants to see what came of
     * that, as ssh does.
     *
     * @param host the host, as it was asked for
     * @param user the user, if one was asked for
     * @param files in the order in which they count; those that are not there say nothing
     * @param resolves whether a name has an address
     * @param notices takes a sentence for each line that is passed over, though ssh would follow it
     * @throws ConfigurationException if a file cannot be read or understood
     */
    static SshConfig of(
            String host,
            Optional<String> user,
            List<Source> files,
            Surroundings surroundings,
            Predicate<String> resolves,
            Consumer<String> notices) {
        SshConfig config = new SshConfig(host, user, surroundings, notices);
        files.forEach(file -> config.read(file, file.file(), true, 0));
        String address = CanonicalName.of(config.target().toLowerCase(Locale.ROOT), config, resolves);
        config.host = address;
        config.isFinal = true;
        if (config.finalWanted || CanonicalName.isWanted(config)) {
            files.forEach(file -> config.read(file, file.file(), true, 0));
        }
        return config;
    }

    /** The host's name or address, as far as the files say it. */
    String address() {
        return isFinal ? host : target();
    }

    private String target() {
        return value("hostname").map(name -> Tokens.hostName(name, asked)).orElse(asked);
    }

    /** The user at the host, as far as the files say it. */
    String user() {
        return user.or(() -> value("user")).orElseGet(Tokens::localUser);
    }

    /** Whether the way to the host leads through nothing. */
    boolean isDirect() {
        return jumps().isEmpty() && value("proxycommand").orElse(NONE).equalsIgnoreCase(NONE);
    }

    /** The hosts to go through, as they are written. */
    Optional<String> jumps() {
        return value("proxyjump").filter(jumps -> !jumps.equalsIgnoreCase(NONE));
    }

    /** A setting, by its name in lower case. */
    Optional<String> value(String name) {
        return values(name).stream().findFirst();
    }

    /** All values of a setting. */
    List<String> values(String name) {
        return settings.getOrDefault(name, List.of());
    }

    /** A setting that is yes or no. */
    boolean flag(String name, boolean usual) {
        return choice(name, usual ? "yes" : "no", "yes", "no").equals("yes");
    }

    /** A setting that is one of some words, in any case; {@code true} is yes and {@code false} is no. */
    String choice(String name, String usual, String... choices) {
        String value = value(name).orElse(usual).toLowerCase(Locale.ROOT);
        String plain = value.equals("true") ? "yes" : value.equals("false") ? "no" : value;
        if (!Arrays.asList(choices).contains(plain)) {
            throw new ConfigurationException("ssh configuration: %s '%s' is not one of %s"
                    .formatted(name, value(name).orElse(usual), String.join(", ", choices)));
        }
        return plain;
    }

    private void read(Source source, Path file, boolean applies, int depth) {
        String text = Files.isDirectory(file) ? null : Surroundings.read(file, "ssh configuration");
        if (text == null) {
            return;
        }
        if (source.own() || depth > 0) {
            refuseOthersFiles(file);
        }
        boolean counts = applies;
        int number = 0;
        for (String written : text.lines().toList()) {
            number++;
            ConfigLine line;
            try {
                line = ConfigLine.parse(written);
            } catch (ConfigLine.Malformed e) {
                throw wrong(file, number, String.valueOf(e.getMessage()));
            }
            if (line == null) {
                continue;
            }
            switch (line.keyword()) {
                case "host" -> counts = applies && matches(line.words(), host);
                case "match" -> counts = meets(file, number, line.words(), applies);
                case "include" -> include(source, file, number, line.words(), counts, depth);
                default -> {
                    if (counts) {
                        take(file, number, line);
                    }
                }
            }
        }
    }

    /**
     * Whoever may write it could choose where passwords go. Like ssh: of the system's own files that is not looked at.
     */
    private static void refuseOthersFiles(Path file) {
        try {
            int mode = (Integer) Files.getAttribute(file, "unix:mode");
            int owner = (Integer) Files.getAttribute(file, "unix:uid");
            if ((mode & WRITABLE_BY_ALL) != 0
                    || (owner != 0
                            && !Files.getAttribute(Path.of("/proc/self"), "unix:uid")
                                    .equals(owner))) {
                throw new ConfigurationException(
                        "ssh configuration %s can be changed by others than you and root, so ssh refuses it: chmod go-w %s"
                                .formatted(file, file));
            }
        } catch (UnsupportedOperationException e) {
            // A file system without owners.
        } catch (IOException e) {
            throw new ConfigurationException(
                    "ssh configuration %s cannot be read: %s".formatted(file, e.getMessage()), e);
        }
    }

    private void take(Path file, int number, ConfigLine line) {
        String name = OTHER_NAMES.getOrDefault(line.keyword(), line.keyword());
        List<String> values = line.words();
        if (PASSED_OVER.containsKey(name)) {
            String value = values.get(0);
            if (!isAddition(value) && !value.equalsIgnoreCase(NONE)) {
                passedOver(file, number, line.written(), String.valueOf(PASSED_OVER.get(name)));
            }
        } else if (SINGLE.contains(name) && values.size() > 1) {
            throw wrong(file, number, "'%s' has more than one value".formatted(line.written()));
        } else if (LISTS.contains(name)
                && values.size() > 1
                && !name.equals("proxycommand")
                && values.stream().anyMatch(NONE::equalsIgnoreCase)) {
            throw wrong(file, number, "'%s' has none beside other values".formatted(line.written()));
        } else if (SEVERAL.contains(name)) {
            List<String> all = settings.computeIfAbsent(name, key -> new ArrayList<>());
            values.stream().filter(value -> !all.contains(value)).forEach(all::add);
        } else if (WAYS.contains(name)) {
            if (WAYS.stream().noneMatch(settings::containsKey)) {
                settings.put(name, values);
            }
        } else if (SINGLE.contains(name) || LISTS.contains(name)) {
            settings.putIfAbsent(name, values);
        }
    }

    /** Whether a list is added to the usual one, or put before it: no less is trusted then. */
    private static boolean isAddition(String list) {
        return list.startsWith("+") || list.startsWith("^");
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

    private static boolean matchesHost(List<String> patterns, String name) {
        return matches(
                patterns.stream()
                        .map(pattern -> pattern.toLowerCase(Locale.ROOT))
                        .toList(),
                name.toLowerCase(Locale.ROOT));
    }

    /** Whether a {@code Match} applies. One that cannot be decided does not, and that is said. */
    private boolean meets(Path file, int number, List<String> criteria, boolean applies) {
        Deque<String> words = new ArrayDeque<>(criteria);
        boolean all = true;
        int count = 0;
        String undecided = null;
        while (!words.isEmpty()) {
            String[] word = words.remove().split("=", 2);
            if (word.length > 1) {
                words.addFirst(word[1]);
            }
            boolean negated = word[0].startsWith("!");
            String criterion = word[0].substring(negated ? 1 : 0).toLowerCase(Locale.ROOT);
            count++;
            if (criterion.equals("all")) {
                // Behind "canonical" or "final", which is one.
                if (count > 2 || !words.isEmpty()) {
                    throw wrong(file, number, "'all' cannot stand with other criteria of a Match");
                }
                all &= !negated;
                break;
            }
            if (criterion.equals("canonical") || criterion.equals("final")) {
                finalWanted |= criterion.equals("final");
                all &= isFinal != negated;
                continue;
            }
            String value = words.poll();
            if (value == null || value.isEmpty()) {
                throw wrong(file, number, "'Match %s' has no value".formatted(word[0]));
            }
            List<String> patterns = List.of(value.split(","));
            boolean met;
            switch (criterion) {
                case "host" -> met = matchesHost(patterns, address());
                case "originalhost" -> met = matchesHost(patterns, asked);
                case "user" -> met = matches(patterns, user());
                case "localuser" -> met = matches(patterns, Tokens.localUser());
                case "tagged" -> met = matches(patterns, value("tag").orElse(""));
                case "sessiontype" -> met = matches(patterns, "exec");
                case "localnetwork" -> met = isInNetwork(file, number, patterns);
                case "exec", "command", "version" -> {
                    undecided = word[0];
                    continue;
                }
                default -> throw wrong(file, number, "'Match %s' is not known".formatted(word[0]));
            }
            // The rest is read even so: a "final" behind it wants the second reading, whatever stands before it.
            all &= met != negated;
        }
        if (applies && all && undecided != null) {
            passedOver(file, number, "Match " + undecided, "it cannot be decided here");
        }
        return applies && all && undecided == null;
    }

    private static boolean isInNetwork(Path file, int number, List<String> networks) {
        try {
            return LocalNetworks.contain(networks)
                    .orElseThrow(() -> wrong(
                            file,
                            number,
                            "'Match localnetwork' has '%s', which is no list of networks"
                                    .formatted(String.join(",", networks))));
        } catch (SocketException e) {
            throw new ConfigurationException(
                    "ssh configuration %s, line %d: this machine's addresses cannot be read: %s"
                            .formatted(file, number, e.getMessage()),
                    e);
        }
    }

    private void passedOver(Path file, int number, String what, String consequence) {
        String notice = "ssh configuration %s, line %d: '%s' is passed over for host %s: %s"
                .formatted(file, number, what, asked, consequence);
        // A second reading finds it again.
        if (said.add(notice)) {
            notices.accept(notice);
        }
    }

    private void include(Source source, Path file, int number, List<String> values, boolean counts, int depth) {
        if (depth >= DEEPEST) {
            throw wrong(file, number, "files include each other more than %d deep".formatted(DEEPEST));
        }
        for (String value : values) {
            if (value.startsWith("~") && !source.own()) {
                throw wrong(file, number, "'%s' is the user's, in a file that is not".formatted(value));
            }
            Path path;
            try {
                path = source.includes().resolve(surroundings.expandHome(value));
            } catch (ConfigurationException e) {
                // The home of nobody has no files.
                continue;
            }
            for (Path included : Globs.files(path.toAbsolutePath())) {
                read(source, included, counts, depth + 1);
            }
        }
    }

    private static ConfigurationException wrong(Path file, int number, String why) {
        return new ConfigurationException("ssh configuration %s, line %d: %s".formatted(file, number, why));
    }
}
