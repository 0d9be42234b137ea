// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.release;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.virtwire.release.Project.Version;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The public API is what {@code src/api} says, and CHANGELOG.md names what changed since the last version. {@code
 * -Dapi.write=true} writes the text again.
 */
class ApiTest {
    private static final String TO_WRITE = """
        If that is meant, write the text again and commit it:

            mvn -o test -pl release -am -Dtest=ApiTest -Dsurefire.failIfNoSpecifiedTests=false -Dapi.write=true

        After the first release, CHANGELOG.md has to name each type that changed, under "### API".
        """;

    private static Project project;

    @BeforeAll
    static void find() throws IOException {
        project = Project.at(Path.of("..").toAbsolutePath().normalize());
    }

    @Test
    void thePublicApiIsWhatItsTextSays() throws IOException {
        compare(project.apiFile(), project.api());
    }

    @Test
    void theExperimentalTypesAreThoseOfTheirText() throws IOException {
        compare(project.experimentalFile(), project.experimental());
    }

    @Test
    void theChangelogNamesEachTypeThatChangedSinceTheLastVersion() throws IOException {
        Optional<Version> earlier = project.earlier();
        if (earlier.isPresent()) {
            ApiFile before = ApiFile.parse(Files.readAllLines(
                    project.apiFile().resolveSibling(earlier.get().api() + ".txt")));
            assertThat(ApiFile.parse(project.api()).undeclared(before, project.changelogSince(earlier.get())))
                    .as("types that differ from %s, and that CHANGELOG.md does not name under API", earlier.get())
                    .isEmpty();
        }
    }

    private static void compare(Path file, List<String> now) throws IOException {
        if (Boolean.getBoolean("api.write")) {
            assertThat(project.version().patch())
                    .as("a patch does not change the API")
                    .isZero();
            Files.write(file, now);
        }
        List<String> before = Files.exists(file) ? Files.readAllLines(file) : List.of();
        if (!now.equals(before)) {
            fail("The public API is not what %s says:%n%s%n%s", file, difference(before, now), TO_WRITE);
        }
    }

    private static String difference(List<String> before, List<String> now) {
        ApiFile said = ApiFile.parse(before);
        ApiFile is = ApiFile.parse(now);
        Stream<String> types = is.differences(said).stream()
                .flatMap(name -> Stream.of(
                                Stream.of(name),
                                said.lines(name).stream()
                                        .filter(line -> !is.lines(name).contains(line))
                                        .map(line -> "  - " + line.strip()),
                                is.lines(name).stream()
                                        .filter(line -> !said.lines(name).contains(line))
                                        .map(line -> "  + " + line.strip()))
                        .flatMap(lines -> lines));
        return types.limit(50).collect(Collectors.joining("\n"));
    }
}
