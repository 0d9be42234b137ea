// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/**
 * The Java that children run in. It starts from an archive of the classes that the first of them loaded, since most of
 * a child's short life is its start; such an archive takes classes from jars only, so what lies in folders gets one.
 */
public final class ChildJava {
    private static final ChildJava JAVA = new ChildJava();

    private final Path archive;
    private final String classPath;

    private ChildJava() {
        try {
            Path folder = Files.createTempDirectory("virtwire-child");
            archive = folder.resolve("classes.jsa");
            Path jar = folder.resolve("classes.jar");
            // The last to be asked for is the first to be deleted.
            for (Path made : List.of(folder, jar, archive)) {
                made.toFile().deleteOnExit();
            }
            classPath = classPath(jar);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * How to start a child.
     *
     * @param whole whether it will end by itself, and may write the archive then
     */
    public static List<String> command(boolean whole, Class<?> main) {
        boolean archived = Files.exists(JAVA.archive);
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx96m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xshare:auto",
                "-Xlog:disable",
                "-Dio.netty.transport.noNative=true"));
        if (archived || whole) {
            command.add((archived ? "-XX:SharedArchiveFile=" : "-XX:ArchiveClassesAtExit=") + JAVA.archive);
        }
        command.addAll(List.of("-cp", JAVA.classPath, main.getName()));
        return command;
    }

    private static String classPath(Path jar) throws IOException {
        List<String> all = new ArrayList<>(List.of(jar.toString()));
        Set<String> names = new HashSet<>();
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
            for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
                Path path = Path.of(entry);
                if (Files.isDirectory(path)) {
                    pack(path, out, names);
                } else {
                    all.add(entry);
                }
            }
        }
        return String.join(File.pathSeparator, all);
    }

    private static void pack(Path folder, JarOutputStream out, Set<String> names) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = folder.relativize(file).toString();
                if (names.add(name)) {
                    out.putNextEntry(new JarEntry(name));
                    Files.copy(file, out);
                    out.closeEntry();
                }
            }
        }
    }
}
