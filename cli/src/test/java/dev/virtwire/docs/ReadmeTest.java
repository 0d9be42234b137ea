// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the documents show compiles, also what they show of libvirt-java, and against the example that they name. */
class ReadmeTest {
    private static final Path TOP = Path.of("..").toAbsolutePath().normalize();
    private static final Path EXAMPLE = TOP.resolve("examples/src/main/java/dev/virtwire/examples/NasBackup.java");
    private static final Pattern JAVA = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
    private static final Pattern CLASS = Pattern.compile("class (\\w+)");

    @TempDir
    Path classes;

    @Test
    void javaBlocksCompile() throws IOException {
        List<JavaFileObject> sources = new ArrayList<>();
        for (Path document : documents()) {
            Matcher block = JAVA.matcher(Files.readString(document));
            while (block.find()) {
                // What README.md shows can be compiled as it stands; elsewhere a block may be a fragment.
                if (document.endsWith("README.md")
                        || CLASS.matcher(block.group(1)).find()) {
                    sources.add(new Block(block.group(1)));
                }
            }
        }
        assertThat(sources).as("Java blocks in README.md and docs/").hasSizeGreaterThanOrEqualTo(2);

        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter complaints = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            files.getJavaFileObjects(EXAMPLE).forEach(sources::add);
            boolean compiled = compiler.getTask(
                            complaints,
                            files,
                            null,
                            List.of(
                                    "-d",
                                    classes.toString(),
                                    "-Werror",
                                    "-proc:none",
                                    "-classpath",
                                    System.getProperty("java.class.path")),
                            null,
                            sources)
                    .call();
            assertThat(compiled).as(complaints.toString()).isTrue();
        }
    }

    private static List<Path> documents() throws IOException {
        List<Path> documents = new ArrayList<>();
        for (Path folder : List.of(TOP, TOP.resolve("docs"))) {
            try (Stream<Path> files = Files.list(folder)) {
                files.filter(file -> file.toString().endsWith(".md")).forEach(documents::add);
            }
        }
        return documents;
    }

    /** A block as a source file of its own. */
    private static final class Block extends SimpleJavaFileObject {
        private final String code;

        Block(String code) {
            super(URI.create("string:///" + className(code) + ".java"), Kind.SOURCE);
            this.code = code;
        }

        private static String className(String code) {
            Matcher name = CLASS.matcher(code);
            assertThat(name.find()).as("a class in: %s", code).isTrue();
            return name.group(1);
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return code;
        }
    }
}
