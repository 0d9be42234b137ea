// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.route;

import dev.virtwire.client.ConfigurationException;
import dev.virtwire.client.internal.config.Surroundings;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What stands for something else in the values of ssh's configuration: {@code %h}, <code>${VARIABLE}</code> and a
 * {@code ~} at the beginning.
 *
 * @param asked the host as it was asked for
 * @param address its name or address
 * @param jumps its ProxyJump as it stands in the configuration, or nothing
 */
record Tokens(
        Surroundings surroundings,
        String asked,
        String address,
        int port,
        String user,
        Optional<String> keyAlias,
        String jumps) {
    /** A percent sign and what follows, and in paths a variable, closed or not. */
    private static final Pattern TOKEN = Pattern.compile("%.?", Pattern.DOTALL);

    private static final Pattern TOKEN_OR_VARIABLE = Pattern.compile("%.?|\\$\\{(?:([^}]*)\\})?", Pattern.DOTALL);
    private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");

    /** A file, with everything that may stand in its path. */
    Path path(String text) {
        return Path.of(expand(home(text, surroundings), true));
    }

    /** A file in whose path ssh takes a {@code ~}, and nothing else. */
    Path homePath(String text) {
        return Path.of(home(text, surroundings));
    }

    /** The text of a ProxyJump, which is part of a command to ssh: it has few tokens and no variables. */
    String jump(String text) {
        return expand(text, false);
    }

    /** The name to connect to, of which {@code %h} is the name that was asked for. */
    static String hostName(String text, String asked) {
        return TOKEN.matcher(text)
                .replaceAll(found -> Matcher.quoteReplacement(
                        switch (found.group()) {
                            case "%%" -> "%";
                            case "%h" -> asked;
                            default -> throw unknown(found.group(), text);
                        }));
    }

    private static String home(String text, Surroundings surroundings) {
        return text.startsWith("~") ? surroundings.expandHome(text).toString() : text;
    }

    private String expand(String text, boolean isPath) {
        return (isPath ? TOKEN_OR_VARIABLE : TOKEN)
                .matcher(text)
                .replaceAll(found -> Matcher.quoteReplacement(
                        found.group().startsWith("$")
                                ? variable(found.group(1), text)
                                : value(found.group(), text, isPath)));
    }

    private String variable(@Nullable String name, String whole) {
        if (name == null) {
            throw new ConfigurationException("ssh configuration: '${' in '%s' is not closed".formatted(whole));
        }
        String value = surroundings.environment().get(name);
        if (value == null) {
            throw new ConfigurationException(
                    "ssh configuration: variable '%s' in '%s' is not set".formatted(name, whole));
        }
        return value;
    }

    private String value(String token, String whole, boolean isPath) {
        if (!isPath && !List.of("%%", "%h", "%n", "%p", "%r").contains(token)) {
            throw unknown(token, whole);
        }
        return switch (token) {
            case "%%" -> "%";
            case "%h" -> address;
            case "%k" -> keyAlias.orElse(asked);
            case "%n" -> asked;
            case "%p" -> Integer.toString(port);
            case "%r" -> user;
            case "%u" -> localUser();
            case "%d" -> surroundings.homeOrRoot().toString();
            case "%i" -> userId();
            case "%L" -> localHost().split("\\.", 2)[0];
            case "%l" -> localHost();
            case "%j" -> jumps;
            case "%C" -> hash(localHost() + address + port + user + jumps);
            default -> throw unknown(token, whole);
        };
    }

    private static ConfigurationException unknown(String token, String whole) {
        return new ConfigurationException("ssh configuration: '%s' in '%s' is not understood".formatted(token, whole));
    }

    /** The name of whoever runs this. */
    static String localUser() {
        return System.getProperty("user.name", "root");
    }

    private static String userId() {
        try {
            return String.valueOf(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        } catch (IOException | UnsupportedOperationException e) {
            throw new ConfigurationException("ssh configuration: this machine does not tell the user's number, %i", e);
        }
    }

    private static String localHost() {
        try {
            return Files.exists(HOST_NAME)
                    ? Files.readString(HOST_NAME).strip()
                    : InetAddress.getLocalHost().getHostName();
        } catch (IOException e) {
            throw new ConfigurationException("ssh configuration: this machine does not tell its name, %l", e);
        }
    }

    private static String hash(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Java has SHA-1", e);
        }
    }
}
