// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * Takes native libraries of other machines out of the jars that are installed, before they are packed. What compresses
 * brings libraries for eighteen kinds of machines, and a package is for some of them or for one.
 */
public final class NativeLibraries {
    private NativeLibraries() {}

    /** Called by {@code dist/package} with the folder of jars, and how names of libraries begin that stay. */
    public static void main(String[] arguments) throws IOException {
        String kept = arguments[1];
        List<Path> jars;
        try (Stream<Path> files = Files.list(Path.of(arguments[0]))) {
            jars = files.filter(file -> file.getFileName().toString().startsWith("zstd-jni-"))
                    .toList();
        }
        for (Path jar : jars) {
            try (JarFile file = new JarFile(jar.toFile(), false)) {
                if (file.stream()
                        .noneMatch(entry ->
                                isNative(entry.getName()) && entry.getName().startsWith(kept))) {
                    throw new IllegalStateException(jar + " has no library below " + kept);
                }
                UnsignedJars.rewrite(
                        jar,
                        file,
                        entry -> isNative(entry.getName()) && !entry.getName().startsWith(kept));
            }
        }
    }

    private static boolean isNative(String name) {
        return name.matches(".*\\.(so|dll|dylib)");
    }
}
