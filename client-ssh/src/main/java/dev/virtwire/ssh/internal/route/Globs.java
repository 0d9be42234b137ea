// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.route;

import dev.virtwire.client.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

/** The files that a path with glob(7)'s patterns means: any part of it may be one, and none means a hidden file. */
final class Globs {
    private Globs() {}

    /** Those that are there, in the order of their names. */
    static List<Path> files(Path absolute) {
        List<Path> found = List.of(absolute.getRoot());
        for (Path part : absolute) {
            String name = part.toString();
            found = found.stream()
                    .flatMap(folder ->
                            isPattern(name) ? matching(folder, name) : Stream.of(folder.resolve(literal(name))))
                    .toList();
        }
        return found.stream().filter(Files::exists).sorted().toList();
    }

    private static boolean isPattern(String name) {
        return name.indexOf('*') >= 0 || name.indexOf('?') >= 0 || name.indexOf('[') >= 0;
    }

    private static String literal(String name) {
        return name.replaceAll("\\\\(.)", "$1");
    }

    private static Stream<Path> matching(Path folder, String pattern) {
        if (!Files.isDirectory(folder)) {
            return Stream.empty();
        }
        Pattern names = compiled(pattern);
        try (Stream<Path> entries = Files.list(folder)) {
            return entries
                    .filter(entry -> {
                        String name = String.valueOf(entry.getFileName());
                        return (!name.startsWith(".") || pattern.startsWith("."))
                                && names.matcher(name).matches();
                    })
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new ConfigurationException(
                    "ssh configuration %s cannot be listed: %s".formatted(folder, e.getMessage()), e);
        }
    }

    private static Pattern compiled(String pattern) {
        StringBuilder regex = new StringBuilder();
        for (int i = 0; i < pattern.length(); i++) {
            char character = pattern.charAt(i);
            int close = character == '[' ? pattern.indexOf(']', i + 2) : -1;
            if (character == '*') {
                regex.append(".*");
            } else if (character == '?') {
                regex.append('.');
            } else if (close > 0) {
                String set =
                        pattern.substring(i + 1, close).replace("\\", "\\\\").replace("[", "\\[");
                regex.append('[')
                        .append(set.startsWith("!") ? "^" + set.substring(1) : set)
                        .append(']');
                i = close;
            } else {
                if (character == '\\' && i + 1 < pattern.length()) {
                    i++;
                }
                regex.append(Pattern.quote(String.valueOf(pattern.charAt(i))));
            }
        }
        try {
            return Pattern.compile(regex.toString(), Pattern.DOTALL);
        } catch (PatternSyntaxException e) {
            return Pattern.compile(Pattern.quote(pattern));
        }
    }
}
