// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.emit;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** Generated sources, compiled together with what the protocol has by hand for them. */
public final class Compiled {
    private static final Path BY_HAND = Path.of("../protocol/src/main/java");
    private static final List<String> CONTRACT = List.of("dev/virtwire/protocol", "dev/virtwire/protocol/stream");

    private Compiled() {}

    /**
     * Compiles with every warning an error.
     *
     * @param sources texts by path
     * @param folder an empty folder for the classes
     * @throws AssertionError with the compiler's words
     */
    public static ClassLoader compile(Map<String, String> sources, Path folder) throws IOException {
        Map<String, String> all = new HashMap<>(sources);
        for (String part : CONTRACT) {
            try (Stream<Path> files = Files.list(BY_HAND.resolve(part))) {
                files.filter(file -> file.toString().endsWith(".java"))
                        .forEach(file -> all.put(part + "/" + file.getFileName(), read(file)));
            }
        }
        List<JavaFileObject> units = new ArrayList<>();
        all.forEach((path, text) -> units.add(new Source(path, text)));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter words = new StringWriter();
        boolean good = compiler.getTask(
                        words,
                        null,
                        null,
                        List.of(
                                "-Xlint:all,-processing",
                                "-Werror",
                                "-proc:none",
                                "-implicit:none",
                                "-d",
                                folder.toString(),
                                "-cp",
                                System.getProperty("java.class.path")),
                        null,
                        units)
                .call();
        if (!good) {
            throw new AssertionError(words.toString());
        }
        return new URLClassLoader(new URL[] {folder.toUri().toURL()}, Compiled.class.getClassLoader());
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        Source(String path, String text) {
            super(URI.create("string:///" + path), Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }
}
