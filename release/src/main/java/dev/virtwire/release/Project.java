// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.release;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * This project's folder: which modules are published, and what their API is promised to be.
 *
 * @param top where the first pom.xml is
 * @param version the version in work
 */
record Project(Path top, Version version) {
    /** Those whose API is promised, in the order of their dependencies. */
    static final List<String> PROMISED = List.of("xdr", "protocol", "client", "nbd", "image");

    /** Those that may change until 0.2: of them only the names of types are kept. */
    static final List<String> EXPERIMENTAL =
            List.of("repository", "backup", "client-micrometer", "spring-boot-starter");

    /** Those whose jars are published. */
    static final List<String> JARS = Stream.of(PROMISED, EXPERIMENTAL, List.of("client-ssh", "testkit"))
            .flatMap(List::stream)
            .toList();

    /** The name of a module's jar is that of its folder, but for one. */
    static String artifact(String module) {
        return "virtwire-" + (module.equals("client-micrometer") ? "micrometer" : module);
    }

    private static final Pattern PARENT =
            Pattern.compile("<artifactId>virtwire-parent</artifactId>\\s*<version>([^<]*)</version>");

    /** The version of a release, or of what becomes one. */
    record Version(int major, int minor, int patch) implements Comparable<Version> {
        private static final Pattern NUMBERS = Pattern.compile("(\\d+)\\.(\\d+)(?:\\.(\\d+))?(?:-SNAPSHOT|\\.txt)?");

        /** Of a version's text, or of the name of a text of the API; empty for anything else. */
        static Optional<Version> of(String text) {
            Matcher numbers = NUMBERS.matcher(text);
            return numbers.matches()
                    ? Optional.of(new Version(
                            Integer.parseInt(numbers.group(1)),
                            Integer.parseInt(numbers.group(2)),
                            numbers.group(3) == null ? 0 : Integer.parseInt(numbers.group(3))))
                    : Optional.empty();
        }

        /** Without the patch: patches change no API. */
        String api() {
            return major + "." + minor;
        }

        @Override
        public int compareTo(Version other) {
            return Comparator.comparingInt(Version::major)
                    .thenComparingInt(Version::minor)
                    .thenComparingInt(Version::patch)
                    .compare(this, other);
        }
    }

    /** Reads the version. */
    static Project at(Path top) throws IOException {
        Matcher parent = PARENT.matcher(Files.readString(top.resolve("pom.xml")));
        return new Project(
                top,
                Optional.of(parent)
                        .filter(Matcher::find)
                        .flatMap(found -> Version.of(found.group(1)))
                        .orElseThrow(() -> new IllegalStateException("pom.xml has no version of virtwire-parent")));
    }

    Path classes(String module) {
        return top.resolve(module).resolve("target/classes");
    }

    /** What the promised modules' classes say now. */
    List<String> api() throws IOException {
        List<String> lines = new ArrayList<>();
        lines.add("# The public API of Virtwire " + version.api() + ". RELEASE.md says what to do if it changes.");
        lines.add("# What is not called protected is public. Names of other packages are whole, but for java.lang.");
        lines.add("# What every object, every enum and every record has is left out.");
        for (String module : PROMISED) {
            lines.add("");
            lines.addAll(ApiText.of(classes(module)));
        }
        return lines;
    }

    /** The names of the experimental modules' types now. */
    List<String> experimental() throws IOException {
        List<String> lines = new ArrayList<>();
        lines.add("# Public types that may change until 0.2, by name.");
        for (String module : EXPERIMENTAL) {
            lines.addAll(ApiText.names(classes(module)));
        }
        return lines;
    }

    Path apiFile() {
        return top.resolve("src/api").resolve(version.api() + ".txt");
    }

    Path experimentalFile() {
        return top.resolve("src/api").resolve(version.api() + "-experimental.txt");
    }

    /** The newest version before this one that has a text of its API. */
    Optional<Version> earlier() throws IOException {
        try (Stream<Path> files = Files.list(top.resolve("src/api"))) {
            return files.flatMap(file -> Version.of(file.getFileName().toString()).stream())
                    .filter(other -> other.compareTo(new Version(version.major, version.minor, 0)) < 0)
                    .max(Comparator.naturalOrder());
        }
    }

    /** What CHANGELOG.md says above an earlier version's heading. */
    String changelogSince(Version earlier) throws IOException {
        String changelog = Files.readString(top.resolve("CHANGELOG.md"));
        int heading = changelog.indexOf("\n## [" + earlier.api() + ".");
        return heading < 0 ? changelog : changelog.substring(0, heading);
    }
}
