// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.release;

import static dev.virtwire.release.ModuleClasses.has;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.AnnotationNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldNode;
import org.objectweb.asm.tree.ModuleNode;
import org.objectweb.asm.tree.RecordComponentNode;

/**
 * The public API of a module as text: a line for the module, each package and each type, and below a type an indented
 * line for each member. What is not called protected is public.
 */
final class ApiText {
    static final String INDENT = "    ";

    private static final Set<String> SAID_BY_THE_KIND =
            Set.of("java/lang/Object", "java/lang/Record", "java/lang/Enum", "java/lang/annotation/Annotation");

    private final ModuleClasses classes;

    private ApiText(ModuleClasses classes) {
        this.classes = classes;
    }

    /**
     * The lines of a module.
     *
     * @param folder its compiled classes
     */
    static List<String> of(Path folder) throws IOException {
        return new ApiText(ModuleClasses.read(folder)).lines();
    }

    /** The names of a module's visible types, with dots. */
    static List<String> names(Path folder) throws IOException {
        return ModuleClasses.read(folder).visible().stream()
                .map(type -> type.name.replace('/', '.').replace('$', '.'))
                .toList();
    }

    private List<String> lines() {
        List<String> lines = new ArrayList<>(moduleLines());
        for (String home : classes.packages()) {
            ClassNode info = classes.get(home + "/package-info");
            lines.add("");
            lines.add((info == null ? "" : Annotations.prefix(marks(info))) + "package " + home.replace('/', '.'));
            for (ClassNode type : classes.visible()) {
                if (ModuleClasses.packageOf(type.name).equals(home)) {
                    lines.add(typeLine(type, home));
                    memberLines(type, home).forEach(line -> lines.add(INDENT + line));
                }
            }
        }
        return lines;
    }

    private List<String> moduleLines() {
        ModuleNode module = classes.module();
        if (module == null) {
            throw new IllegalStateException("there is no module-info.class");
        }
        List<String> lines = new ArrayList<>();
        lines.add("module " + module.name);
        module.requires.stream()
                .filter(required -> has(required.access, Opcodes.ACC_TRANSITIVE))
                .map(required -> INDENT + "requires "
                        + (has(required.access, Opcodes.ACC_STATIC_PHASE) ? "static " : "") + "transitive "
                        + required.module)
                .sorted()
                .forEach(lines::add);
        return lines;
    }

    private static List<AnnotationNode> marks(ClassNode type) {
        return type.visibleAnnotations == null ? List.of() : type.visibleAnnotations;
    }

    private String typeLine(ClassNode type, String home) {
        Signature signature = Signature.of(type);
        Supertypes above = new Supertypes();
        above.addOf(signature, Map.of());
        return Annotations.prefix(marks(type))
                + modifiers(type)
                + kind(type)
                + TypeText.shortName(type.name, home)
                + signature.variablesIn(home)
                + components(type, home)
                + (above.superclass.isEmpty() ? "" : " extends " + listed(above.superclass, home))
                + (above.interfaces.isEmpty()
                        ? ""
                        : (has(type.access, Opcodes.ACC_INTERFACE) ? " extends " : " implements ")
                                + listed(above.interfaces, home))
                + permits(type, home);
    }

    private static String listed(Set<TypeText> types, String home) {
        return types.stream().map(type -> type.in(home)).distinct().sorted().collect(Collectors.joining(", "));
    }

    private static String modifiers(ClassNode type) {
        int access = ModuleClasses.access(type);
        boolean plain = !has(access, Opcodes.ACC_INTERFACE | Opcodes.ACC_ENUM) && !isRecord(type);
        StringBuilder text = new StringBuilder();
        text.append(has(access, Opcodes.ACC_PROTECTED) ? "protected " : "");
        // An interface, an enum and a record in another type are static, and need not say so.
        text.append(plain && has(access, Opcodes.ACC_STATIC) ? "static " : "");
        text.append(plain && has(access, Opcodes.ACC_ABSTRACT) ? "abstract " : "");
        text.append(plain && has(access, Opcodes.ACC_FINAL) ? "final " : "");
        text.append(type.permittedSubclasses == null || has(access, Opcodes.ACC_ENUM) ? "" : "sealed ");
        return text.toString();
    }

    private static String kind(ClassNode type) {
        if (has(type.access, Opcodes.ACC_ANNOTATION)) {
            return "@interface ";
        }
        if (has(type.access, Opcodes.ACC_INTERFACE)) {
            return "interface ";
        }
        return has(type.access, Opcodes.ACC_ENUM) ? "enum " : isRecord(type) ? "record " : "class ";
    }

    static boolean isRecord(ClassNode type) {
        return "java/lang/Record".equals(type.superName);
    }

    static List<RecordComponentNode> components(ClassNode type) {
        return type.recordComponents == null ? List.of() : type.recordComponents;
    }

    private static String components(ClassNode type, String home) {
        if (!isRecord(type)) {
            return "";
        }
        return components(type).stream()
                .map(component -> Annotations.prefix(
                                component.visibleAnnotations == null
                                        ? List.of()
                                        : List.copyOf(component.visibleAnnotations))
                        + Signature.ofValue(component.descriptor, component.signature, component.visibleTypeAnnotations)
                                .in(home)
                        + " " + component.name)
                .collect(Collectors.joining(", ", "(", ")"));
    }

    private String permits(ClassNode type, String home) {
        if (type.permittedSubclasses == null || has(type.access, Opcodes.ACC_ENUM)) {
            return "";
        }
        List<String> seen = type.permittedSubclasses.stream()
                .filter(classes::isVisible)
                .map(name -> TypeText.shortName(name, home))
                .sorted()
                .toList();
        // Nobody can name those that are hidden, but a switch needs a default for them.
        String hidden = seen.size() < type.permittedSubclasses.size() ? "hidden ones" : "";
        return " permits " + String.join(", ", seen) + (seen.isEmpty() || hidden.isEmpty() ? "" : " and ") + hidden;
    }

    private List<String> memberLines(ClassNode type, String home) {
        List<String> lines = new ArrayList<>();
        type.fields.stream()
                .filter(field -> has(field.access, Opcodes.ACC_ENUM))
                .map(field -> Annotations.prefix(marks(field)) + field.name)
                .forEach(lines::add);
        Set<String> sorted = new TreeSet<>();
        type.fields.stream()
                .filter(field -> !has(field.access, Opcodes.ACC_ENUM | Opcodes.ACC_SYNTHETIC))
                .filter(field -> ModuleClasses.isOpen(field.access, type))
                .map(field -> fieldLine(type, field, home))
                .forEach(sorted::add);
        new Methods(classes, type).lines(home).forEach(sorted::add);
        lines.addAll(sorted);
        return lines;
    }

    private static List<AnnotationNode> marks(FieldNode field) {
        return field.visibleAnnotations == null ? List.of() : field.visibleAnnotations;
    }

    private static String fieldLine(ClassNode type, FieldNode field, String home) {
        boolean constant = has(type.access, Opcodes.ACC_INTERFACE);
        return Annotations.prefix(marks(field))
                + (has(field.access, Opcodes.ACC_PROTECTED) ? "protected " : "")
                + (constant || !has(field.access, Opcodes.ACC_STATIC) ? "" : "static ")
                + (constant || !has(field.access, Opcodes.ACC_FINAL) ? "" : "final ")
                + Signature.ofValue(field.desc, field.signature, field.visibleTypeAnnotations)
                        .in(home)
                + " " + field.name + (field.value == null ? "" : " = " + Literals.of(field.desc, field.value));
    }

    /** What users see of what a type extends: in place of a hidden type, what that extends. */
    private final class Supertypes {
        private final Set<TypeText> superclass = new LinkedHashSet<>();
        private final Set<TypeText> interfaces = new LinkedHashSet<>();

        private void addOf(Signature signature, Map<String, TypeText> values) {
            add(signature.superclass.with(values), superclass);
            signature.interfaces.forEach(type -> add(type.with(values), interfaces));
        }

        private void add(TypeText type, Set<TypeText> to) {
            ClassNode known = classes.get(type.name());
            if (known != null && !classes.isVisible(type.name())) {
                Signature hidden = Signature.of(known);
                addOf(hidden, hidden.values(type));
            } else if (!SAID_BY_THE_KIND.contains(type.name())) {
                to.add(type);
            }
        }
    }
}
