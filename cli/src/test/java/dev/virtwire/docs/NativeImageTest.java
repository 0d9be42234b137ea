// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What GraalVM's native-image is told of our reflection, beside each jar: the records that Jackson makes, and what is
 * looked for by its name. {@code -Dnative.write=true} writes the list of records again.
 */
class NativeImageTest {
    private static final Path RECORDS = Pages.TOP.resolve(
            "repository/src/main/resources/META-INF/native-image/dev.virtwire/virtwire-repository/reachability-metadata.json");
    private static final Pattern OPENED =
            Pattern.compile("opens ([\\w.]+) to\\s+com\\.fasterxml\\.jackson\\.databind;");

    private final ObjectMapper json = new ObjectMapper();

    @Test
    void theRecordsThatJacksonMakesAreListed() throws IOException {
        TreeSet<String> records = new TreeSet<>();
        JavaClasses classes = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .withImportOption(location -> !location.contains("-tests.jar"))
                .importPackages("dev.virtwire.repository");
        Set<String> opened = Pages.found(OPENED, Pages.text("repository/src/main/java/module-info.java")).stream()
                .map(found -> found.group(1))
                .collect(Collectors.toSet());
        for (JavaClass type : classes) {
            if (opened.contains(type.getPackageName()) && (type.isRecord() || type.isEnum())) {
                records.add(type.getName());
            }
        }
        if (Boolean.getBoolean("native.write")) {
            Files.createDirectories(RECORDS.getParent());
            Files.writeString(RECORDS, text(records));
        }
        assertThat(types(RECORDS)).isEqualTo(records).hasSizeGreaterThan(10);
    }

    @Test
    void everyTypeThatIsNamedIsThere() throws Exception {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> modules = Files.list(Pages.TOP)) {
            for (Path folder : modules.map(module -> module.resolve("src/main/resources/META-INF/native-image"))
                    .filter(Files::isDirectory)
                    .toList()) {
                try (Stream<Path> all = Files.walk(folder)) {
                    all.filter(Files::isRegularFile).forEach(files::add);
                }
            }
        }
        assertThat(files).hasSizeGreaterThanOrEqualTo(3);
        for (Path file : files) {
            for (String type : types(file)) {
                assertThat(Class.forName(type, false, getClass().getClassLoader()))
                        .isNotNull();
            }
        }
    }

    private TreeSet<String> types(Path file) throws IOException {
        TreeSet<String> types = new TreeSet<>();
        for (JsonNode entry : json.readTree(file.toFile()).path("reflection")) {
            types.add(entry.get("type").asText());
        }
        return types;
    }

    private static String text(Set<String> records) {
        return records.stream()
                .map(("    { \"type\": \"%s\", \"allDeclaredConstructors\": true,"
                        + " \"allDeclaredMethods\": true, \"allDeclaredFields\": true }")::formatted)
                .collect(Collectors.joining(",\n", "{\n  \"reflection\": [\n", "\n  ]\n}\n"));
    }
}
