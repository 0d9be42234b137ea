// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The classes of a full backup, as docs/design/backup.md lists them: they are few, and are read downwards. */
class BackupPageTest {
    private static final int MOST_CLASSES = 25;
    private static final int MOST_LINES = 400;

    private final List<String> listed;
    private final Map<String, JavaClass> known = new LinkedHashMap<>();
    private final List<JavaClass> all;

    BackupPageTest() throws IOException {
        listed = BackupPage.classes();
        all = new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("dev.virtwire.backup", "dev.virtwire.repository")
                        .stream()
                        .toList();
        all.stream()
                .filter(type -> type.getEnclosingClass().isEmpty())
                .forEach(type -> known.put(type.getSimpleName(), type));
    }

    @Test
    void eachIsThereAndTheyAreFew() {
        assertThat(listed).isNotEmpty().hasSizeLessThanOrEqualTo(MOST_CLASSES).doesNotHaveDuplicates();
        assertThat(known.keySet()).containsAll(listed);
    }

    @Test
    void noneCallsOneThatStandsAboveIt() {
        List<String> climbs = new ArrayList<>();
        for (JavaClass type : all) {
            int place = listed.indexOf(outermost(type));
            type.getCodeUnitCallsFromSelf().forEach(call -> {
                int target = listed.indexOf(outermost(call.getTargetOwner()));
                if (place >= 0 && target >= 0 && target < place) {
                    climbs.add(call.getDescription());
                }
            });
        }
        assertThat(climbs).isEmpty();
    }

    @Test
    void noneIsTooLongToRead() throws IOException {
        for (String name : listed) {
            Path file = source(known.get(name));
            try (Stream<String> lines = Files.lines(file)) {
                assertThat(lines.count()).as(file.toString()).isLessThanOrEqualTo(MOST_LINES);
            }
        }
    }

    private static String outermost(JavaClass type) {
        JavaClass outer = type;
        while (outer.getEnclosingClass().isPresent()) {
            outer = outer.getEnclosingClass().get();
        }
        return outer.getSimpleName();
    }

    private static Path source(JavaClass type) {
        String module = type.getName().startsWith("dev.virtwire.backup") ? "backup" : "repository";
        return Path.of("..", module, "src", "main", "java", type.getName().replace('.', '/') + ".java");
    }
}
