// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.route;

import dev.virtwire.client.ConfigurationException;
import dev.virtwire.client.internal.config.Surroundings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The way to a host: by what the URI asks for, else by what ssh's configuration says, else by what is usual; and
 * through which other hosts.
 */
public final class SshRoute {
    private static final Path SYSTEM = Path.of("/etc/ssh");
    private static final List<String> USUAL_KEYS = List.of("id_rsa", "id_ecdsa", "id_ed25519");
    private static final String AGENT_VARIABLE = "SSH_AUTH_SOCK";
    private static final String NONE = "none";
    private static final int MOST_JUMPS = 8;

    private final Surroundings surroundings;
    private final Path folder;
    private final Consumer<String> notices;

    /**
     * What is asked for, and what nothing is asked for of.
     *
     * @param host the host
     * @param port its port, or −1
     * @param user the user there
     * @param keyFile the one file of a key to use
     * @param knownHosts the one file of hosts' keys to use
     * @param hostKeys which hosts' keys are believed
     * @param methods how to log in
     */
    public record Wishes(
            String host,
            int port,
            Optional<String> user,
            Optional<Path> keyFile,
            Optional<Path> knownHosts,
            Optional<HostKeyRule> hostKeys,
            List<LoginMethod> methods) {
        /** Copies the methods. */
        public Wishes {
            methods = List.copyOf(methods);
        }
    }

    private SshRoute(Surroundings surroundings, Consumer<String> notices) {
        this.surroundings = surroundings;
        this.folder = surroundings.homeOrRoot().resolve(".ssh");
        this.notices = notices;
    }

    /**
     * The hosts on the way, in order; the last one is the one that is meant.
     *
     * @param notices takes a sentence for each line of the configuration that is passed over, though ssh would follow
     *     it
     * @throws ConfigurationException if ssh's configuration cannot be read, understood or followed
     */
    public static List<SshHost> to(Wishes wishes, Surroundings surroundings, Consumer<String> notices) {
        return new SshRoute(surroundings, notices).to(wishes, 0);
    }

    private List<SshHost> to(Wishes wishes, int depth) {
        if (depth > MOST_JUMPS) {
            throw new ConfigurationException(
                    "ssh configuration: the ProxyJumps to host %s are more than %d, or go round"
                            .formatted(wishes.host(), MOST_JUMPS));
        }
        SshConfig config = SshConfig.of(
                wishes.host(),
                wishes.user(),
                List.of(folder.resolve("config"), SYSTEM.resolve("ssh_config")),
                surroundings,
                folder,
                notices);
        refuseCanonicalNames(config, wishes.host());
        List<SshHost> route = new ArrayList<>();
        String jumps = config.value("proxyjump").orElse(NONE);
        if (!jumps.equalsIgnoreCase(NONE)) {
            for (String jump : jumps.split(",", -1)) {
                List<SshHost> way = to(jump(jump.strip()), depth + 1);
                // Between two jumps the way is straight.
                route.addAll(route.isEmpty() ? way : way.subList(way.size() - 1, way.size()));
            }
        } else if (!config.value("proxycommand").orElse(NONE).equalsIgnoreCase(NONE)) {
            throw new ConfigurationException(
                    "ssh configuration: host %s has a ProxyCommand, and this client runs none: use ProxyJump"
                            .formatted(wishes.host()));
        }
        route.add(host(wishes, config));
        return route;
    }

    private static Wishes jump(String text) {
        String rest = text.startsWith("ssh://") ? text.substring("ssh://".length()) : text;
        int at = rest.lastIndexOf('@');
        Optional<String> user = at < 0 ? Optional.empty() : Optional.of(rest.substring(0, at));
        String place = rest.substring(at + 1);
        int colon = place.startsWith("[") ? place.indexOf(':', place.indexOf(']')) : place.lastIndexOf(':');
        String host = colon < 0 ? place : place.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        if (host.isEmpty()) {
            throw new ConfigurationException("ssh configuration: ProxyJump '%s' names no host".formatted(text));
        }
        return new Wishes(
                host,
                colon < 0 ? -1 : port(place.substring(colon + 1)),
                user,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                LoginMethod.ALL);
    }

    private SshHost host(Wishes wishes, SshConfig config) {
        String address = config.address();
        int port = wishes.port() > 0
                ? wishes.port()
                : config.value("port").map(SshRoute::port).orElse(SshHost.PORT);
        String user = config.user();
        Optional<String> keyAlias = config.value("hostkeyalias").map(alias -> alias.toLowerCase(Locale.ROOT));
        Tokens tokens = new Tokens(surroundings, wishes.host(), address, port, user, keyAlias);
        List<Path> named = config.values("identityfile").stream()
                .filter(file -> !file.equalsIgnoreCase(NONE))
                .map(tokens::path)
                .toList();
        List<Path> keys = wishes.keyFile()
                .map(List::of)
                .orElseGet(() -> !named.isEmpty()
                        ? named
                        : USUAL_KEYS.stream().map(folder::resolve).toList());
        return new SshHost(
                wishes.host(),
                address,
                port,
                user,
                keys,
                wishes.keyFile().isPresent(),
                wishes.knownHosts().map(List::of).orElseGet(() -> knownHosts(config, tokens)),
                wishes.hostKeys().orElseGet(() -> hostKeys(config)),
                wishes.methods(),
                agent(config, tokens),
                keyAlias,
                config.value("revokedhostkeys")
                        .filter(file -> !file.equalsIgnoreCase(NONE))
                        .map(tokens::path));
    }

    /** ssh would look for the host in other domains, so that another name, and other settings, counted. */
    private static void refuseCanonicalNames(SshConfig config, String host) {
        String wanted = config.value("canonicalizehostname").orElse("no").toLowerCase(Locale.ROOT);
        boolean jumps = !config.value("proxyjump").orElse(NONE).equalsIgnoreCase(NONE);
        boolean applies = wanted.equals("always") || (wanted.equals("yes") && !jumps);
        int most = config.value("canonicalizemaxdots")
                .filter(dots -> dots.matches("[0-9]{1,4}"))
                .map(Integer::parseInt)
                .orElse(1);
        String name = config.address();
        boolean isAddress = name.indexOf(':') >= 0 || name.matches("[0-9.]+");
        if (applies && !isAddress && name.chars().filter(c -> c == '.').count() <= most) {
            throw new ConfigurationException(
                    "ssh configuration: CanonicalizeHostname %s counts for host %s, and this client does not look for hosts in other domains: name the host in full, or set CanonicalizeHostname no for it"
                            .formatted(wanted, host));
        }
    }

    private List<Path> knownHosts(SshConfig config, Tokens tokens) {
        List<String> own = config.values("userknownhostsfile");
        List<String> all = config.values("globalknownhostsfile");
        return Stream.concat(
                        own.isEmpty() ? Stream.of(folder.resolve("known_hosts")) : paths(own, tokens),
                        all.isEmpty() ? Stream.of(SYSTEM.resolve("ssh_known_hosts")) : paths(all, tokens))
                .collect(Collectors.toList());
    }

    private static Stream<Path> paths(List<String> names, Tokens tokens) {
        return names.stream().filter(name -> !name.equalsIgnoreCase(NONE)).map(tokens::path);
    }

    private static HostKeyRule hostKeys(SshConfig config) {
        // If ssh would take a changed key, "no", this takes a new one only.
        return switch (config.value("stricthostkeychecking").orElse("ask")) {
            case "accept-new", "no", "off" -> HostKeyRule.FIRST;
            default -> HostKeyRule.KNOWN;
        };
    }

    private Optional<Path> agent(SshConfig config, Tokens tokens) {
        if (config.value("identitiesonly").orElse("no").equalsIgnoreCase("yes")) {
            return Optional.empty();
        }
        String named = config.value("identityagent").orElse(AGENT_VARIABLE);
        if (named.equalsIgnoreCase(NONE)) {
            return Optional.empty();
        }
        return named.equals(AGENT_VARIABLE)
                ? surroundings.variable(AGENT_VARIABLE).map(Path::of)
                : Optional.of(tokens.path(named));
    }

    private static int port(String digits) {
        try {
            int port = Integer.parseInt(digits);
            if (port >= 1 && port <= 65535) {
                return port;
            }
        } catch (NumberFormatException e) {
            // Told below, with the digits as they were given.
        }
        throw new ConfigurationException("ssh configuration: '%s' is no port number from 1 to 65535".formatted(digits));
    }

    /** What stands for something else in the paths of ssh's configuration. */
    private record Tokens(
            Surroundings surroundings, String asked, String address, int port, String user, Optional<String> keyAlias) {
        Path path(String text) {
            StringBuilder path = new StringBuilder();
            for (int i = 0; i < text.length(); i++) {
                char character = text.charAt(i);
                if (character == '%' && i + 1 < text.length()) {
                    i++;
                    path.append(
                            switch (text.charAt(i)) {
                                case '%' -> "%";
                                case 'h' -> address;
                                case 'k' -> keyAlias.orElse(asked);
                                case 'n' -> asked;
                                case 'p' -> Integer.toString(port);
                                case 'r' -> user;
                                case 'u' -> System.getProperty("user.name", "");
                                case 'd' -> surroundings.homeOrRoot();
                                default ->
                                    throw new ConfigurationException(
                                            "ssh configuration: '%%%s' in '%s' is not understood"
                                                    .formatted(text.charAt(i), text));
                            });
                } else {
                    path.append(character);
                }
            }
            return surroundings.expandHome(path.toString());
        }
    }
}
