// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.release;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.doctree.SinceTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import dev.virtwire.release.Project.Version;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What users see has Javadoc, and each type says with which version it came. */
class JavadocTest {
    private static Project project;
    private static Map<String, String> since;
    private static Map<String, List<String>> bare;

    @BeforeAll
    static void read() throws IOException {
        project = Project.at(Path.of("..").toAbsolutePath().normalize());
        since = new HashMap<>();
        bare = new HashMap<>();
        for (String module : Project.JARS) {
            readSources(module);
        }
    }

    @Test
    void everyVisibleTypeSaysSinceWhen() throws IOException {
        TreeSet<String> without = visible();
        without.removeIf(name -> since.getOrDefault(name, "").matches("\\d+\\.\\d+"));
        assertThat(without).as("types without a version of Virtwire in @since").isEmpty();
    }

    @Test
    void everyVisibleMemberHasAComment() throws IOException {
        assertThat(visible().stream()
                        .flatMap(name ->
                                bare.getOrDefault(name, List.of()).stream().map(member -> name + "." + member)))
                .as("members without a comment")
                .isEmpty();
    }

    /** The first text of the API that names a type has the version. */
    @Test
    void aTypeOfAnEarlierVersionHasKeptItsVersion() throws IOException {
        Optional<Version> earlier = project.earlier();
        if (earlier.isPresent()) {
            ApiFile before = ApiFile.parse(Files.readAllLines(
                    project.apiFile().resolveSibling(earlier.get().api() + ".txt")));
            TreeSet<String> wrong = visible();
            wrong.retainAll(ApiFile.parse(project.api()).names());
            wrong.removeIf(name -> before.names().contains(name)
                    != since.getOrDefault(name, "").equals(project.version().api()));
            assertThat(wrong).as("types whose @since is wrong").isEmpty();
        }
    }

    private static TreeSet<String> visible() throws IOException {
        List<String> names = new ArrayList<>();
        for (String module : Project.JARS) {
            names.addAll(ApiText.names(project.classes(module)));
        }
        return names.stream().collect(toCollection(TreeSet::new));
    }

    private static void readSources(String module) throws IOException {
        List<Path> files = new ArrayList<>();
        for (String folder : List.of("src/main/java", "target/generated-sources")) {
            Path sources = project.top().resolve(module).resolve(folder);
            if (Files.isDirectory(sources)) {
                try (Stream<Path> all = Files.walk(sources)) {
                    all.filter(file -> file.toString().endsWith(".java")).forEach(files::add);
                }
            }
        }
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
            JavacTask task = (JavacTask) compiler.getTask(
                    null, manager, null, List.of("-proc:none"), null, manager.getJavaFileObjectsFromPaths(files));
            DocTrees docs = DocTrees.instance(task);
            for (CompilationUnitTree unit : task.parse()) {
                new Types(docs).scan(unit, null);
            }
        }
    }

    /** Notes the version of each type, and which of its members have no comment. */
    private static final class Types extends TreePathScanner<Void, Void> {
        private final DocTrees docs;

        Types(DocTrees docs) {
            this.docs = docs;
        }

        @Override
        public Void visitClass(ClassTree type, Void unused) {
            TreePath path = getCurrentPath();
            if (docs.getDocCommentTree(path) != null) {
                docs.getDocCommentTree(path).getBlockTags().stream()
                        .filter(SinceTree.class::isInstance)
                        .map(tag -> ((SinceTree) tag).getBody().toString())
                        .forEach(version -> since.put(name(path), version));
            }
            for (Tree member : type.getMembers()) {
                if (docs.getDocCommentTree(new TreePath(path, member)) == null && needsComment(type, member)) {
                    bare.computeIfAbsent(name(path), name -> new ArrayList<>()).add(nameOf(member));
                }
            }
            return super.visitClass(type, unused);
        }

        /** Not what has one in a supertype, or in the record's own comment. */
        private static boolean needsComment(ClassTree type, Tree member) {
            boolean ofInterface = type.getKind() == Tree.Kind.INTERFACE || type.getKind() == Tree.Kind.ANNOTATION_TYPE;
            boolean ofRecord = type.getKind() == Tree.Kind.RECORD;
            if (member instanceof VariableTree field) {
                return isOpen(field.getModifiers(), ofInterface);
            }
            return member instanceof MethodTree method
                    && isOpen(method.getModifiers(), ofInterface)
                    && !(ofRecord && method.getReturnType() == null)
                    && method.getModifiers().getAnnotations().stream()
                            .noneMatch(
                                    mark -> mark.getAnnotationType().toString().equals("Override"));
        }

        private static boolean isOpen(ModifiersTree modifiers, boolean ofInterface) {
            return modifiers.getFlags().contains(Modifier.PUBLIC)
                    || modifiers.getFlags().contains(Modifier.PROTECTED)
                    || ofInterface && !modifiers.getFlags().contains(Modifier.PRIVATE);
        }

        private static String nameOf(Tree member) {
            return member instanceof VariableTree field
                    ? field.getName().toString()
                    : ((MethodTree) member).getName() + "()";
        }

        private static String name(TreePath path) {
            String simple = ((ClassTree) path.getLeaf()).getSimpleName().toString();
            return path.getParentPath().getLeaf() instanceof CompilationUnitTree unit
                    ? unit.getPackageName() + "." + simple
                    : path.getParentPath().getLeaf() instanceof ClassTree
                            ? name(path.getParentPath()) + "." + simple
                            : simple;
        }
    }
}
