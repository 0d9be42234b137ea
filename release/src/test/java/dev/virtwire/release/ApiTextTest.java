// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.release;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the text says of each thing that a class can have. */
class ApiTextTest {
    @TempDir
    private Path folder;

    private Path sources;

    @BeforeEach
    void makeAModule() throws IOException {
        sources = Files.createDirectories(folder.resolve("sources"));
        write("module-info", """
            module shop {
                requires transitive java.logging;
                requires java.xml;
                requires static transitive org.jspecify;
                exports shop;
                exports shop.staff to java.xml;
            }
            """);
        write("shop/package-info", """
            @NullMarked package shop;
            import org.jspecify.annotations.NullMarked;
            """);
        write("shop/staff/Till", "package shop.staff; public class Till {}");
    }

    @Test
    void ofAModuleWhatItsUsersGetAndThePackagesForEverybody() throws IOException {
        write("shop/Thing", "package shop; public interface Thing {}");

        assertThat(lines())
                .containsExactly(
                        "module shop",
                        "    requires static transitive org.jspecify",
                        "    requires transitive java.logging",
                        "",
                        "@NullMarked package shop",
                        "interface Thing");
    }

    @Test
    void ofAClassWhatUsersCanCallReadOrOverride() throws IOException {
        write("shop/Door", """
            package shop;
            import java.io.IOException;
            import java.util.List;
            import java.util.Map;
            import org.jspecify.annotations.Nullable;
            public abstract class Door<T extends @Nullable Object> implements Comparable<Door<T>> {
                public static final int WIDTH = 7;
                public static final String NAME = "\\"door\\"\\n";
                public static final char MARK = 'x';
                public static final boolean OPEN = true;
                public static final List<String> NAMES = List.of();
                protected long opened;
                int hidden;
                protected Door(@Nullable String name, int... sizes) {}
                Door() {}
                public final void close() throws IOException, InterruptedException {}
                public abstract @Nullable String sign();
                protected <K extends Comparable<K>> Map<? super K, @Nullable String> signs(String @Nullable [] names, List<? extends T> all) { throw new IllegalStateException(); }
                @Deprecated(forRemoval = true) public static void slam() {}
                @Override public int compareTo(Door<T> other) { return 0; }
                @Override public String toString() { return ""; }
                void lock() {}
                private void creak() {}
                public static class Handle {}
                protected class Hinge {}
                class Nail {}
            }
            """);

        assertThat(types())
                .containsExactly(
                        "abstract class Door<T extends @Nullable Object> implements Comparable<Door<T>>",
                        "    @Deprecated(forRemoval = true) static void slam()",
                        "    abstract @Nullable String sign()",
                        "    final void close() throws InterruptedException, java.io.IOException",
                        "    int compareTo(Door<T>)",
                        "    protected <K extends Comparable<K>> java.util.Map<? super K, @Nullable String>"
                                + " signs(String @Nullable [], java.util.List<? extends T>)",
                        "    protected Door(@Nullable String, int...)",
                        "    protected long opened",
                        "    static final String NAME = \"\\\"door\\\"\\n\"",
                        "    static final boolean OPEN = true",
                        "    static final char MARK = '\\u0078'",
                        "    static final int WIDTH = 7",
                        "    static final java.util.List<String> NAMES",
                        "static class Door.Handle",
                        "    Handle()",
                        "protected class Door.Hinge",
                        "    protected Hinge(Door)");
    }

    @Test
    void ofAFinalClassNothingProtected() throws IOException {
        write("shop/Safe", "package shop; public final class Safe { protected void open() {} private Safe() {} }");

        assertThat(types()).containsExactly("final class Safe");
    }

    @Test
    void ofARecordItsComponentsAndWhatItAdds() throws IOException {
        write("shop/Price", """
            package shop;
            import java.util.List;
            import org.jspecify.annotations.Nullable;
            public record Price(long cents, @Nullable List<@Nullable String> notes) {
                public Price { }
                public long cents() { return cents; }
                public double euros() { return cents / 100.0; }
                @Override public int hashCode() { return 1; }
            }
            """);

        assertThat(types())
                .containsExactly(
                        "record Price(long cents, @Nullable java.util.List<@Nullable String> notes)",
                        "    double euros()");
    }

    @Test
    void ofAnEnumItsConstantsInTheirOrder() throws IOException {
        write("shop/Day", """
            package shop;
            public enum Day {
                TUESDAY { @Override public boolean open() { return false; } },
                @Deprecated MONDAY;
                public boolean open() { return true; }
            }
            """);

        assertThat(types()).containsExactly("enum Day", "    TUESDAY", "    @Deprecated MONDAY", "    boolean open()");
    }

    @Test
    void ofASealedTypeWhatUsersCanNameAndThatThereIsMore() throws IOException {
        write("shop/Way", """
            package shop;
            public sealed interface Way {
                record Stairs(int steps) implements Way {}
                final class Lift implements Way { private Lift() {} }
            }
            """);
        write("shop/Exit", """
            package shop;
            public sealed interface Exit permits Exit.Front, Back {
                default void leave() {}
                static Exit front() { return new Front(); }
                void alarm();
                record Front() implements Exit { @Override public void alarm() {} }
            }
            final class Back implements Exit { @Override public void alarm() {} }
            """);

        assertThat(types())
                .containsExactly(
                        "sealed interface Exit permits Exit.Front and hidden ones",
                        "    default void leave()",
                        "    static Exit front()",
                        "    void alarm()",
                        "record Exit.Front() implements Exit",
                        "    void alarm()",
                        "sealed interface Way permits Way.Lift, Way.Stairs",
                        "static final class Way.Lift implements Way",
                        "record Way.Stairs(int steps) implements Way");
    }

    @Test
    void ofAHiddenSupertypeWhatItGivesToUsers() throws IOException {
        write("shop/Base", """
            package shop;
            abstract class Base<T> implements Iterable<T> {
                public T first(T otherwise) { return otherwise; }
                public Base() {}
            }
            """);
        write("shop/Shelf", """
            package shop;
            import java.util.Iterator;
            import java.util.List;
            public final class Shelf extends Base<List<String>> {
                Shelf() {}
                @Override public Iterator<List<String>> iterator() { throw new IllegalStateException(); }
            }
            """);

        assertThat(types())
                .containsExactly(
                        "final class Shelf implements Iterable<java.util.List<String>>",
                        "    java.util.Iterator<java.util.List<String>> iterator()",
                        "    java.util.List<String> first(java.util.List<String>)");
    }

    @Test
    void ofAnAnnotationItsElementsAndWhichHaveADefault() throws IOException {
        write("shop/Note", "package shop; public @interface Note { String value(); int size() default 3; }");

        assertThat(types()).containsExactly("@interface Note", "    String value()", "    int size() default");
    }

    @Test
    void innerClassesOfTypesWithVariablesAndAnnotationsInThem() throws IOException {
        write("shop/Box", """
            package shop;
            import java.util.Map;
            import org.jspecify.annotations.Nullable;
            public class Box<T> {
                public class Lid {}
                public Box() {}
                public Box<String>.@Nullable Lid lid() { return null; }
                public Map.@Nullable Entry<String, T @Nullable [][]> entry() { return null; }
                public <U extends T, V extends Comparable<V> & Runnable> U open(V by) { throw new IllegalStateException(); }
            }
            """);

        assertThat(types())
                .containsExactly(
                        "class Box<T>",
                        "    <U extends T, V extends Comparable<V> & Runnable> U open(V)",
                        "    @Nullable java.util.Map.Entry<String, T @Nullable [][]> entry()",
                        "    Box()",
                        "    Box<String>.@Nullable Lid lid()",
                        "class Box.Lid",
                        "    Lid(Box)");
    }

    private List<String> types() throws IOException {
        List<String> lines = lines();
        return lines.subList(lines.indexOf("@NullMarked package shop") + 1, lines.size());
    }

    private List<String> lines() throws IOException {
        Path classes = folder.resolve("classes");
        List<Path> files = new ArrayList<>();
        try (Stream<Path> all = Files.walk(sources)) {
            all.filter(Files::isRegularFile).forEach(files::add);
        }
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter complaints = new StringWriter();
        try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
            boolean compiled = compiler.getTask(
                            complaints,
                            manager,
                            null,
                            List.of("-d", classes.toString(), "-proc:none", "--module-path", jspecify()),
                            null,
                            manager.getJavaFileObjectsFromPaths(files))
                    .call();
            assertThat(compiled).as(complaints.toString()).isTrue();
        }
        return ApiText.of(classes);
    }

    private static String jspecify() {
        return Path.of(URI.create(NullMarked.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toString()))
                .toString();
    }

    private void write(String name, String source) throws IOException {
        Path file = sources.resolve(name + ".java");
        Files.createDirectories(file.getParent());
        Files.writeString(file, source);
    }
}
