// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * Takes away what earlier builds left among the jars that {@code ./virtwire} runs from, as a part of the build: a
 * library's older version, or this project's. It would be packed with the others.
 */
public final class StaleJars {
    private StaleJars() {}

    /** Called by the build with the folder, and with the name of the command's jar, which names all others. */
    public static void main(String[] arguments) throws IOException {
        Path lib = Path.of(arguments[0]);
        Set<String> needed = new HashSet<>(Set.of(arguments[1]));
        Path command = lib.resolve(arguments[1]);
        try (JarFile jar = new JarFile(command.toFile(), false)) {
            String others = jar.getManifest().getMainAttributes().getValue(Attributes.Name.CLASS_PATH);
            if (others == null) {
                throw new IllegalStateException(command + " names no other jar");
            }
            needed.addAll(List.of(others.split(" ")));
        }
        List<Path> jars;
        try (Stream<Path> files = Files.list(lib)) {
            jars = files.filter(file -> file.toString().endsWith(".jar")).toList();
        }
        for (Path jar : jars) {
            if (!needed.remove(jar.getFileName().toString())) {
                Files.delete(jar);
            }
        }
        if (!needed.isEmpty()) {
            throw new IllegalStateException(lib + " lacks " + needed);
        }
    }
}
