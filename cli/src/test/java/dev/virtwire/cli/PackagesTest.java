// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * No package needs one that needs it, and none is too large. What counts is the use in compiled classes, not the
 * import. The test stands here because this module sees all others.
 */
class PackagesTest {
    private static final String OURS = "dev.virtwire.";
    private static final int MOST_FILES = 25;
    private static final Pattern SEALED = Pattern.compile("\\bsealed (?:interface|abstract class|class) (\\w+)");

    /**
     * What people hold, and what belongs to it in its own package: such a handle makes its parts, wherever they are,
     * and a part knows the handle. So what a handle itself uses is not counted.
     */
    private static final Set<String> HANDLES = Set.of(
            "dev.virtwire.backup.Backups",
            "dev.virtwire.client.Libvirt",
            "dev.virtwire.client.SideConnections",
            "dev.virtwire.client.UriExplanation",
            "dev.virtwire.client.domain.Domain",
            "dev.virtwire.image.ImageChain",
            "dev.virtwire.image.ImageMemory",
            "dev.virtwire.image.Qcow2Check",
            "dev.virtwire.image.Qcow2Editor",
            "dev.virtwire.image.Qcow2Reader",
            "dev.virtwire.image.Qcow2Stream",
            "dev.virtwire.image.Qcow2Writer",
            "dev.virtwire.image.RawReader",
            "dev.virtwire.image.RawWriter",
            "dev.virtwire.image.StoredBitmap",
            "dev.virtwire.nbd.NbdConnection",
            "dev.virtwire.nbd.NbdSession",
            "dev.virtwire.repository.Repository");

    /** Other uses that are not counted, {@code class -> class}, each with the reason. */
    private static final Map<String, String> EXCEPTIONS = Map.of(
            "dev.virtwire.nbd.NbdOptions -> dev.virtwire.nbd.internal.SocketTransport",
            "the default of an option",
            "dev.virtwire.nbd.NbdTls -> dev.virtwire.nbd.internal.TlsChannel",
            "what makes a channel, without a type of its own for people to see");

    /** A use of one of our classes by another in another package. */
    private record Use(String from, String fromPackage, String to, String toPackage) {
        String pair() {
            return from + " -> " + to;
        }
    }

    private static Set<Use> uses;

    @BeforeAll
    static void read() {
        uses = new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        // The tests of other modules, if a build has packed them.
                        .withImportOption(location -> !location.contains("-tests.jar"))
                        .importPackages("dev.virtwire")
                        .stream()
                        .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
                        .map(PackagesTest::use)
                        .filter(use -> use.to.startsWith(OURS) && !use.fromPackage.equals(use.toPackage))
                        .collect(Collectors.toSet());
    }

    @Test
    void noPackageNeedsOneThatNeedsIt() {
        assertThat(inCircles(use -> !isAllowed(use))).isEmpty();
    }

    @Test
    void everyRowOfTheTablesIsNeeded() {
        assertThat(HANDLES)
                .allSatisfy(handle -> assertThat(inCircles(use -> use.from.equals(handle) || !isAllowed(use)))
                        .as(handle)
                        .isNotEmpty());
        assertThat(EXCEPTIONS.keySet())
                .allSatisfy(pair -> assertThat(inCircles(use -> use.pair().equals(pair) || !isAllowed(use)))
                        .as(pair)
                        .isNotEmpty());
    }

    @Test
    void noPackageIsTooLarge() throws IOException {
        Map<Path, Integer> sizes = new TreeMap<>();
        for (Path folder : packages()) {
            sizes.put(folder, countedFiles(folder));
        }
        assertThat(sizes)
                .hasSizeGreaterThan(50)
                .allSatisfy((folder, files) ->
                        assertThat(files).as(folder.toString()).isLessThanOrEqualTo(MOST_FILES));
    }

    private static boolean isAllowed(Use use) {
        return HANDLES.contains(use.from) || EXCEPTIONS.containsKey(use.pair());
    }

    private static Use use(Dependency dependency) {
        JavaClass from = outermost(dependency.getOriginClass());
        JavaClass to = outermost(dependency.getTargetClass().getBaseComponentType());
        return new Use(from.getName(), from.getPackageName(), to.getName(), to.getPackageName());
    }

    private static JavaClass outermost(JavaClass type) {
        return type.getEnclosingClass().map(PackagesTest::outermost).orElse(type);
    }

    /** Those of the counted uses that are part of a circle, or lie between two. */
    private static Set<String> inCircles(Predicate<Use> counted) {
        Set<Use> left = uses.stream().filter(counted).collect(Collectors.toSet());
        int before;
        do {
            before = left.size();
            Set<String> using = left.stream().map(Use::fromPackage).collect(Collectors.toSet());
            Set<String> used = left.stream().map(Use::toPackage).collect(Collectors.toSet());
            left.removeIf(use -> !used.contains(use.fromPackage) || !using.contains(use.toPackage));
        } while (left.size() < before);
        return left.stream().map(Use::pair).collect(Collectors.toCollection(TreeSet::new));
    }

    private static List<Path> packages() throws IOException {
        List<Path> folders = new ArrayList<>();
        try (Stream<Path> modules = Files.list(Path.of(".."))) {
            for (Path sources : modules.map(module -> module.resolve("src/main/java"))
                    .filter(Files::isDirectory)
                    .toList()) {
                try (Stream<Path> all = Files.walk(sources)) {
                    all.filter(Files::isDirectory).forEach(folders::add);
                }
            }
        }
        return folders;
    }

    /** Without exceptions, and without sealed types and those that are of one. */
    private static int countedFiles(Path folder) throws IOException {
        Map<String, String> sources = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file :
                    files.filter(file -> file.toString().endsWith(".java")).toList()) {
                sources.put(file.getFileName().toString(), Files.readString(file));
            }
        }
        String families = SEALED.matcher(String.join("\n", sources.values()))
                .results()
                .map(found -> found.group(1))
                .collect(Collectors.joining("|"));
        Pattern member = Pattern.compile(SEALED.pattern() + "|\\b(?:implements|extends) [^{]*\\b(?:"
                + (families.isEmpty() ? "(?!)" : families) + ")\\b");
        return (int) sources.entrySet().stream()
                .filter(source -> !source.getKey().matches("package-info\\.java|.*Exception\\.java"))
                .filter(source -> !member.matcher(source.getValue()).find())
                .count();
    }
}
