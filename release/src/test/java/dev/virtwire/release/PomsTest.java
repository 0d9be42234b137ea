// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.release;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What is published is named everywhere, says what a repository demands, and nothing else is published. */
class PomsTest {
    private static final Path TOP = Path.of("..").toAbsolutePath().normalize();

    @Test
    void thePomsOfWhatIsPublishedAreComplete() throws IOException {
        Pom parent = pom(".");
        assertThat(parent.missing(null)).as("pom.xml lacks").isEmpty();
        for (String module : published()) {
            assertThat(pom(module).missing(parent))
                    .as("%s/pom.xml lacks", module)
                    .isEmpty();
        }
    }

    @Test
    void everyOtherModuleIsKeptBack() throws IOException {
        for (String module : pom(".").texts("modules/module")) {
            assertThat(pom(module).text("properties/maven.deploy.skip"))
                    .as("maven.deploy.skip of %s", module)
                    .isEqualTo(published().contains(module) ? "" : "true");
        }
    }

    @Test
    void eachJarIsNamedAsItsPomSays() throws IOException {
        for (String module : Project.JARS) {
            assertThat(pom(module).text("artifactId")).isEqualTo(Project.artifact(module));
        }
    }

    @Test
    void theBomHasEachJar() throws IOException {
        assertThat(pom("bom").texts("dependencyManagement/dependencies/dependency/artifactId"))
                .containsExactlyInAnyOrderElementsOf(
                        Project.JARS.stream().map(Project::artifact).toList());
        assertThat(new TreeSet<>(pom("bom").texts("dependencyManagement/dependencies/dependency/version")))
                .containsExactly("${project.version}");
    }

    private static List<String> published() {
        List<String> modules = new ArrayList<>(Project.JARS);
        modules.add("bom");
        return modules;
    }

    private static Pom pom(String module) throws IOException {
        return Pom.read(TOP.resolve(module).resolve("pom.xml"));
    }
}
