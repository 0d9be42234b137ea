// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;

/**
 * Takes the signatures out of the jars that {@code ./virtwire} runs from, as a part of the build. The JVM checks the
 * whole of a signed jar's manifest before it loads the first class, which costs Bouncy Castle's nearly a second of each
 * command's start, and keeps those classes out of {@link ClassDataArchive}. They are the copies of jars that Maven has
 * checked; whoever uses the library has the signed ones.
 */
public final class UnsignedJars {
    private UnsignedJars() {}

    /** Called by the build with the folder. */
    public static void main(String[] arguments) throws IOException {
        List<Path> jars;
        try (Stream<Path> files = Files.list(Path.of(arguments[0]))) {
            jars = files.filter(file -> file.toString().endsWith(".jar")).toList();
        }
        for (Path jar : jars) {
            try (JarFile file = new JarFile(jar.toFile(), false)) {
                if (file.stream().anyMatch(UnsignedJars::signs)) {
                    rewrite(jar, file, UnsignedJars::signs);
                }
            }
        }
    }

    /** Writes a jar again without some of its entries. It is as old as it was, and so are all entries that stay. */
    static void rewrite(Path jar, JarFile signed, Predicate<JarEntry> leftOut) throws IOException {
        Path plain = jar.resolveSibling(jar.getFileName() + ".part");
        // Of its sections only the first is not a list of digests.
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().putAll(signed.getManifest().getMainAttributes());
        try (OutputStream out = Files.newOutputStream(plain);
                JarOutputStream jarOut = new JarOutputStream(out)) {
            JarEntry head = new JarEntry(JarFile.MANIFEST_NAME);
            head.setTimeLocal(signed.getEntry(JarFile.MANIFEST_NAME).getTimeLocal());
            jarOut.putNextEntry(head);
            manifest.write(jarOut);
            jarOut.closeEntry();
            for (JarEntry entry : Collections.list(signed.entries())) {
                if (leftOut.test(entry) || entry.getName().equals(JarFile.MANIFEST_NAME)) {
                    continue;
                }
                JarEntry copy = new JarEntry(entry.getName());
                copy.setTimeLocal(entry.getTimeLocal());
                jarOut.putNextEntry(copy);
                signed.getInputStream(entry).transferTo(jarOut);
                jarOut.closeEntry();
            }
        }
        // The next build copies and rewrites what is newer only.
        Files.setLastModifiedTime(plain, Files.getLastModifiedTime(jar));
        Files.move(plain, jar, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static boolean signs(JarEntry entry) {
        String name = entry.getName().toUpperCase(Locale.ROOT);
        return name.matches("META-INF/[^/]+\\.(SF|RSA|DSA|EC)");
    }
}
