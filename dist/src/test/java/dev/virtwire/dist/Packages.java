// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What {@code dist/package} makes. */
final class Packages {
    static final Path TOP = Path.of("..").toAbsolutePath().normalize();

    /** As old as one of 22 November 2026. */
    static final long THEN = 1795305600L;

    private static final Map<String, Path> MADE = new ConcurrentHashMap<>();

    private Packages() {}

    /** A deb, a tar.gz or an image, as of a time in seconds; the same each time that a JVM asks for it. */
    static Path make(String kind, long time) {
        return MADE.computeIfAbsent(kind + " of " + time, key -> makeAgain(kind, time));
    }

    /** The same, made of what the build has left now. */
    static Path makeAgain(String kind, long time) {
        return Path.of(Shell.output(
                        TOP,
                        Map.of("SOURCE_DATE_EPOCH", Long.toString(time), "JAVA_HOME", System.getProperty("java.home")),
                        "dist/package",
                        kind)
                .strip());
    }
}
