// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import dev.virtwire.testkit.ScriptedLibvirtd;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Makes the class-data archive that {@code ./virtwire} starts from, as a part of the build: the classes of our
 * modules and of what short commands use, read and checked once and for all. It halves their time. A static archive,
 * because a dynamic one takes no classes of old class files, which is what picocli has.
 *
 * <p>An archive fits the very JVM and jars that it was made with; elsewhere the JVM passes it over. So failing to make
 * one is told, and is no reason to have no build.
 */
public final class ClassDataArchive {
    private final Path lib;
    private final Path jar;
    private final Path archive;
    /** What is installed with the jars, for who makes an archive there. */
    private final Path list;

    private ClassDataArchive(Path lib, Path jar, Path archive) {
        this.lib = lib;
        this.list = lib.resolve("virtwire.classes");
        this.jar = jar;
        this.archive = archive;
    }

    /** Called by the build with the folder of jars, the name of the command's, and the archive's folder. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path lib = Path.of(arguments[0]);
        // Each Java has its own, so that one finds no other's.
        Path archive = Path.of(arguments[2], "virtwire-" + Runtime.version().feature() + ".jsa");
        ClassDataArchive maker = new ClassDataArchive(lib, lib.resolve(arguments[1]), archive);
        if (maker.upToDate()) {
            return;
        }
        try {
            Files.deleteIfExists(archive);
            maker.train();
            maker.dump();
        } catch (IllegalStateException e) {
            System.err.println("No class-data archive, so virtwire starts slower: " + e.getMessage());
        }
    }

    private boolean upToDate() throws IOException {
        if (!Files.exists(archive) || !Files.exists(list)) {
            return false;
        }
        // A jar that came or went changes the folder, however old it is.
        try (Stream<Path> jars = Files.list(lib)) {
            for (Path each : Stream.concat(Stream.of(lib), jars).toList()) {
                if (Files.getLastModifiedTime(each).compareTo(Files.getLastModifiedTime(archive)) > 0) {
                    return false;
                }
            }
        }
        return true;
    }

    private void train() throws IOException, InterruptedException {
        try (TrainingHosts hosts = new TrainingHosts()) {
            List<String> training = new ArrayList<>(List.of(
                    "-XX:DumpLoadedClassList=" + list,
                    "-Dio.netty.transport.noNative=true",
                    "-Dio.netty.jfr.enabled=false",
                    "-cp",
                    String.join(
                            System.getProperty("path.separator"),
                            jar.toString(),
                            homeOf(ArchiveTraining.class),
                            homeOf(ScriptedLibvirtd.class)),
                    ArchiveTraining.class.getName()));
            training.addAll(hosts.uris());
            run(training);
        }
        // In an order that does not depend on which thread loaded what first: a build can be repeated.
        List<String> ofTheJars = Files.readAllLines(list).stream()
                .filter(line -> !isOfTraining(line))
                .sorted()
                .distinct()
                .toList();
        Files.write(list, ofTheJars);
    }

    /** A line is a class, or a mark, a class and what it needs. */
    private static boolean isOfTraining(String line) {
        String[] words = line.split(" ");
        String name = words[0].startsWith("@") && words.length > 1 ? words[1] : words[0];
        return name.startsWith("dev/virtwire/dist/") || name.startsWith("dev/virtwire/testkit/");
    }

    private static String homeOf(Class<?> type) {
        return type.getProtectionDomain().getCodeSource().getLocation().getPath();
    }

    private void dump() throws IOException, InterruptedException {
        run(List.of(
                "-Xshare:dump",
                // No other collector's heap can be archived.
                "-XX:+UseG1GC",
                "-XX:SharedClassListFile=" + list,
                "-XX:SharedArchiveFile=" + archive,
                "-cp",
                jar.toString()));
    }

    private static void run(List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(arguments);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException(String.join(" ", command) + ": " + output);
        }
    }
}
