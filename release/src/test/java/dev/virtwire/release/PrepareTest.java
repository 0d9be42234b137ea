// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.release;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code release/prepare} makes of a copy of this project: of its poms and its pages. */
class PrepareTest {
    private static final Path TOP = Path.of("..").toAbsolutePath().normalize();
    private static final Set<String> NOT_OURS = Set.of("target", ".git");
    private static final Pattern INSTALLED = Pattern.compile("\\bvirtwire[-_:](\\d+\\.\\d+\\.\\d+)[^`\\s]*");

    @TempDir
    private Path copy;

    @BeforeEach
    void copyAndCommit() throws IOException, InterruptedException {
        for (Path file : texts(TOP)) {
            Path target = copy.resolve(TOP.relativize(file));
            Files.createDirectories(target.getParent());
            Files.copy(file, target);
        }
        for (String script : List.of("release/prepare", "release/staged.sh")) {
            Files.copy(TOP.resolve(script), copy.resolve(script));
        }
        assertThat(copy.resolve("release/prepare").toFile().setExecutable(true)).isTrue();
        run("git", "init", "--quiet");
        run("git", "add", ".");
        run(
                "git",
                "-c",
                "user.name=A test",
                "-c",
                "user.email=test@virtwire.invalid",
                "commit",
                "--quiet",
                "-m",
                "Begin");
    }

    @Test
    void everyPomIsOfTheRelease() throws IOException, InterruptedException {
        run("release/prepare", "7.8.9");

        for (Path file : texts(copy)) {
            if (file.endsWith("pom.xml")) {
                assertThat(Files.readString(file)).as(file.toString()).doesNotContain("-SNAPSHOT");
            }
        }
        assertThat(Files.readString(copy.resolve("bom/pom.xml"))).contains("<version>7.8.9</version>");
        assertThat(Files.readString(copy.resolve("examples/adopt/spring-boot/pom.xml")))
                .contains("<virtwire.version>7.8.9</virtwire.version>");
        assertThat(Files.readString(copy.resolve("examples/adopt/gradle/build.gradle")))
                .contains("?: '7.8.9'")
                .contains("virtwire-bom:7.8.9'");
    }

    @Test
    void whatIsInstalledHasTheReleaseInItsName() throws IOException, InterruptedException {
        run("release/prepare", "7.8.9");

        for (String page : List.of("README.md", "docs/install.md")) {
            Set<String> versions = new TreeSet<>();
            Matcher names = INSTALLED.matcher(Files.readString(copy.resolve(page)));
            while (names.find()) {
                versions.add(names.group(1));
            }
            assertThat(versions).as(page).containsExactly("7.8.9");
        }
        assertThat(Files.readString(copy.resolve("README.md")))
                .contains("virtwire_7.8.9-1_all.deb", "virtwire-7.8.9-linux-amd64.tar.gz")
                .contains("virtwire-7.8.9-image-amd64.tar", "virtwire:7.8.9 ");
    }

    @Test
    void aReleaseThatIsPreparedTwiceHasOneHeading() throws IOException, InterruptedException {
        run("release/prepare", "7.8.9");
        run("git", "-c", "user.name=A test", "-c", "user.email=test@virtwire.invalid", "commit", "-qam", "Release");
        run("release/prepare", "7.8.9");

        assertThat(Files.readString(copy.resolve("CHANGELOG.md")).split("(?m)^## \\[7\\.8\\.9\\] - "))
                .hasSize(2);
    }

    @Test
    void nothingIsCalledUnpublishedAnyMore() throws IOException, InterruptedException {
        run("release/prepare", "7.8.9");

        assertThat(Files.readString(copy.resolve("README.md")))
                .doesNotContain("published yet", "SNAPSHOT", "Until there is a")
                .contains("Import the BOM")
                .contains("makes what is named here.");
        assertThat(Files.readString(copy.resolve("CHANGELOG.md")))
                .contains("\n## [7.8.9] - ", "\nThis is the first version.\n")
                .doesNotContain("released yet");
        assertThat(Files.readString(copy.resolve("SECURITY.md")))
                .contains("Only the newest release gets fixes.")
                .doesNotContain("released yet");
    }

    @Test
    void whatComesAfterItChangesNoPage() throws IOException, InterruptedException {
        run("release/prepare", "7.9.0-SNAPSHOT");

        assertThat(run("git", "diff", "--name-only").lines())
                .isNotEmpty()
                .allMatch(name -> name.endsWith("pom.xml"))
                .noneMatch(name -> name.startsWith("examples/adopt"));
        assertThat(Files.readString(copy.resolve("bom/pom.xml"))).contains("<version>7.9.0-SNAPSHOT</version>");
    }

    private static List<Path> texts(Path top) throws IOException {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> folders = Files.list(top)) {
            for (Path folder : folders.toList()) {
                if (!NOT_OURS.contains(folder.getFileName().toString())) {
                    try (Stream<Path> files = Files.walk(folder)) {
                        files.filter(PrepareTest::isText).forEach(found::add);
                    }
                }
            }
        }
        return found;
    }

    private static boolean isText(Path file) {
        String name = file.getFileName().toString();
        boolean built = false;
        for (Path part : file) {
            built |= part.toString().equals("target");
        }
        return !built && Files.isRegularFile(file) && name.matches("pom\\.xml|build\\.gradle|.*\\.md");
    }

    private String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .directory(copy.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(List.of(command) + ": " + output).isZero();
        return output;
    }
}
