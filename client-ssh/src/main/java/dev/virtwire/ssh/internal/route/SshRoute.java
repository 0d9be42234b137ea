// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.route;

import dev.virtwire.client.ConfigurationException;
import dev.virtwire.client.internal.config.Surroundings;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * The way to a host: by what the URI asks for, else by what ssh's configuration says, else by what is usual; and
 * through which other hosts.
 */
public final class SshRoute {
    private static final List<String> USUAL_KEYS = List.of("id_rsa", "id_ecdsa", "id_ed25519");
    private static final String USUAL_METHODS = "publickey,keyboard-interactive,password";
    private static final String AGENT_VARIABLE = "SSH_AUTH_SOCK";
    private static final String NONE = SshConfig.NONE;
    private static final int MOST_JUMPS = 8;

    private final Surroundings surroundings;
    private final Machine machine;
    private final Path folder;
    private final Consumer<String> notices;

    /**
     * What the way depends on besides files of the user.
     *
     * @param folder where the system's configuration of ssh is
     * @param resolves whether a name has an address
     */
    record Machine(Path folder, Predicate<String> resolves) {
        static final Machine THIS = new Machine(Path.of("/etc/ssh"), Machine::hasAddress);

        private static boolean hasAddress(String name) {
            try {
                return InetAddress.getAllByName(name).length > 0;
            } catch (UnknownHostException e) {
                return false;
            }
        }
    }

    /**
     * What is asked for, and what nothing is asked for of.
     *
     * @param host the host
     * @param port its port, or −1
     * @param user the user there
     * @param keyFile the one file of a key to use
     * @param knownHosts the one file of hosts' keys to use
     * @param hostKeys which hosts' keys are believed
     * @param methods how to log in; none if ssh's configuration shall say it
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

    private SshRoute(Surroundings surroundings, Machine machine, Consumer<String> notices) {
        this.surroundings = surroundings;
        this.machine = machine;
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
        return to(wishes, surroundings, Machine.THIS, notices);
    }

    static List<SshHost> to(Wishes wishes, Surroundings surroundings, Machine machine, Consumer<String> notices) {
        return new SshRoute(surroundings, machine, notices).to(wishes, 0);
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
                List.of(
                        new SshConfig.Source(folder.resolve("config"), folder, true),
                        new SshConfig.Source(machine.folder().resolve("ssh_config"), machine.folder(), false)),
                surroundings,
                machine.resolves(),
                notices);
        SshHost host = host(wishes, config);
        List<SshHost> route = new ArrayList<>();
        if (config.jumps().isPresent()) {
            Tokens tokens = tokens(host, config);
            for (String jump : config.jumps().get().split(",", -1)) {
                List<SshHost> way = to(jump(tokens.jump(jump.strip())), depth + 1);
                // Between two jumps the way is straight.
                route.addAll(route.isEmpty() ? way : way.subList(way.size() - 1, way.size()));
            }
        } else if (!config.isDirect()) {
            throw new ConfigurationException(
                    "ssh configuration: host %s has a ProxyCommand, and this client runs none: use ProxyJump"
                            .formatted(wishes.host()));
        }
        route.add(host);
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
                List.of());
    }

    private SshHost host(Wishes wishes, SshConfig config) {
        int port = wishes.port() > 0
                ? wishes.port()
                : config.value("port").map(SshRoute::port).orElse(SshHost.PORT);
        Optional<String> keyAlias = config.value("hostkeyalias").map(alias -> alias.toLowerCase(Locale.ROOT));
        Tokens tokens = new Tokens(
                surroundings,
                wishes.host(),
                config.address(),
                port,
                config.user(),
                keyAlias,
                config.jumps().orElse(""));
        // "none" is a file of which there is no key, and so turns the usual ones off.
        List<Path> named = config.values("identityfile").isEmpty()
                ? USUAL_KEYS.stream().map(folder::resolve).toList()
                : paths(config.values("identityfile"), tokens::path);
        return new SshHost(
                wishes.host(),
                config.address(),
                port,
                config.user(),
                wishes.keyFile().map(List::of).orElse(named),
                wishes.keyFile().isPresent(),
                config.flag("identitiesonly", false),
                // Here "none" is a file that is not there, so that none beside a key's file is looked for.
                config.values("certificatefile").stream().map(tokens::path).toList(),
                wishes.knownHosts()
                        .map(List::of)
                        .orElseGet(() -> files(config, "userknownhostsfile", folder, "known_hosts", tokens::path)),
                wishes.knownHosts().isPresent()
                        ? List.of()
                        : files(config, "globalknownhostsfile", machine.folder(), "ssh_known_hosts", tokens::homePath),
                wishes.hostKeys().orElseGet(() -> hostKeys(config)),
                wishes.methods().isEmpty() ? methods(config) : wishes.methods(),
                agent(config, tokens),
                keyAlias,
                config.value("revokedhostkeys")
                        .filter(file -> !file.equalsIgnoreCase(NONE))
                        .map(tokens::path));
    }

    private Tokens tokens(SshHost host, SshConfig config) {
        return new Tokens(
                surroundings,
                host.name(),
                host.address(),
                host.port(),
                host.user(),
                host.keyAlias(),
                config.jumps().orElse(""));
    }

    /** The files of a setting, or else the two of usual names. */
    private static List<Path> files(
            SshConfig config, String setting, Path folder, String usual, Function<String, Path> path) {
        List<String> named = config.values(setting);
        return named.isEmpty() ? List.of(folder.resolve(usual), folder.resolve(usual + "2")) : paths(named, path);
    }

    private static List<Path> paths(List<String> names, Function<String, Path> path) {
        return names.stream()
                .filter(name -> !name.equalsIgnoreCase(NONE))
                .map(path)
                .toList();
    }

    private static HostKeyRule hostKeys(SshConfig config) {
        // If ssh would take a changed key, "no", this takes a new one only.
        return switch (config.choice("stricthostkeychecking", "ask", "ask", "yes", "no", "off", "accept-new")) {
            case "accept-new", "no", "off" -> HostKeyRule.FIRST;
            default -> HostKeyRule.KNOWN;
        };
    }

    /** What the configuration leaves of the ways to log in, in the order that it prefers. */
    private static List<LoginMethod> methods(SshConfig config) {
        List<LoginMethod> methods = new ArrayList<>();
        for (String name :
                config.value("preferredauthentications").orElse(USUAL_METHODS).split(",", -1)) {
            switch (name) {
                case "publickey" -> {
                    if (!config.choice("pubkeyauthentication", "yes", "yes", "no", "unbound", "host-bound")
                            .equals("no")) {
                        methods.add(LoginMethod.AGENT);
                        methods.add(LoginMethod.PRIVKEY);
                    }
                }
                case "keyboard-interactive" -> {
                    if (config.flag("kbdinteractiveauthentication", true)) {
                        methods.add(LoginMethod.KEYBOARD_INTERACTIVE);
                    }
                }
                case "password" -> {
                    if (config.flag("passwordauthentication", true)) {
                        methods.add(LoginMethod.PASSWORD);
                    }
                }
                default -> {
                    // Such as gssapi-with-mic, which this client does not know.
                }
            }
        }
        return methods.stream().distinct().toList();
    }

    private Optional<Path> agent(SshConfig config, Tokens tokens) {
        String named = config.value("identityagent").orElse(AGENT_VARIABLE);
        if (named.equals(NONE)) {
            return Optional.empty();
        }
        if (named.equals(AGENT_VARIABLE)) {
            return surroundings.variable(AGENT_VARIABLE).map(Path::of);
        }
        if (!named.startsWith("$") || named.startsWith("${")) {
            return Optional.of(tokens.path(named));
        }
        // A variable without braces has to be the whole of it, and need not be set.
        String variable = named.substring(1);
        if (!variable.matches("[A-Za-z_][A-Za-z0-9_]*")) {
            throw new ConfigurationException(
                    "ssh configuration: IdentityAgent '%s' names no variable".formatted(named));
        }
        return surroundings.variable(variable).map(Path::of);
    }

    private static int port(String digits) {
        if (digits.equals("ssh")) {
            return SshHost.PORT;
        }
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
}
