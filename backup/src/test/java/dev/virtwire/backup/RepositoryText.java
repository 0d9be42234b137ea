// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A repository as text, to be kept beside the sources: JSON, XML and sums as they are, and every other file as a dump
 * in the manner of {@code hexdump}. A line is an offset and 32 bytes from there; {@code *} repeats the line above it up
 * to the next offset; the last line is the file's size.
 */
final class RepositoryText {
    private static final int LINE = 32;
    private static final String DUMP = ".hex";
    private static final Set<String> TEXT = Set.of("json", "xml", "sha256");
    private static final HexFormat HEX = HexFormat.of();

    private RepositoryText() {}

    /** Makes the repository that the text describes; its folder must not exist yet. */
    static void expand(Path text, Path repository) throws IOException {
        for (Path file : files(text)) {
            Path made = repository.resolve(text.relativize(file).toString());
            folders(repository, made.getParent());
            String name = made.getFileName().toString();
            if (name.endsWith(DUMP)) {
                made = made.resolveSibling(name.substring(0, name.length() - DUMP.length()));
                Files.write(made, bytes(Files.readAllLines(file)));
            } else {
                Files.copy(file, made);
            }
            Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rw-------"));
        }
    }

    /**
     * Describes a repository where nothing is unfinished; its empty files, which are there to be locked, are left out.
     */
    static void describe(Path repository, Path text) throws IOException {
        for (Path file : files(repository)) {
            Path made = text.resolve(repository.relativize(file).toString());
            byte[] content = Files.readAllBytes(file);
            if (content.length == 0) {
                continue;
            }
            Files.createDirectories(made.getParent());
            String name = file.getFileName().toString();
            if (TEXT.contains(name.substring(name.lastIndexOf('.') + 1))) {
                Files.write(made, content);
            } else {
                Files.write(made.resolveSibling(name + DUMP), dump(content));
            }
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> walk = Files.walk(folder)) {
            return walk.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static void folders(Path repository, Path folder) throws IOException {
        for (Path made = folder; made.startsWith(repository); made = made.getParent()) {
            Files.createDirectories(made);
            Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rwx------"));
        }
    }

    private static List<String> dump(byte[] content) {
        List<String> lines = new ArrayList<>();
        byte[] previous = new byte[0];
        for (int at = 0; at < content.length; at += LINE) {
            byte[] line = Arrays.copyOfRange(content, at, Math.min(at + LINE, content.length));
            if (!Arrays.equals(line, previous)) {
                lines.add("%08x %s".formatted(at, HEX.formatHex(line)));
            } else if (!lines.get(lines.size() - 1).equals("*")) {
                lines.add("*");
            }
            previous = line;
        }
        lines.add("%08x".formatted(content.length));
        return lines;
    }

    private static byte[] bytes(List<String> lines) {
        byte[] content = new byte[offset(lines.get(lines.size() - 1))];
        byte[] line = new byte[0];
        for (int i = 0; i < lines.size() - 1; i++) {
            if (!lines.get(i).equals("*")) {
                line = HEX.parseHex(lines.get(i), 9, lines.get(i).length());
                System.arraycopy(line, 0, content, offset(lines.get(i)), line.length);
            } else {
                int from = offset(lines.get(i - 1)) + line.length;
                for (int at = from; at < offset(lines.get(i + 1)); at += line.length) {
                    System.arraycopy(line, 0, content, at, line.length);
                }
            }
        }
        return content;
    }

    private static int offset(String line) {
        return Integer.parseUnsignedInt(line, 0, 8, 16);
    }

    /** Writes the description of a repository: {@code REPOSITORY TEXT}. */
    public static void main(String[] arguments) {
        try {
            describe(Path.of(arguments[0]), Path.of(arguments[1]));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
