// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.release;

import static dev.virtwire.release.ModuleClasses.has;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.RecordComponentNode;

/**
 * The methods and constructors of a type that users can call, those of hidden supertypes too. Without what every
 * object, every enum and every record has: two records with the same components differ in nothing.
 */
final class Methods {
    private static final Set<String> OF_EVERY_OBJECT =
            Set.of("equals(Ljava/lang/Object;)Z", "hashCode()I", "toString()Ljava/lang/String;");

    private final ModuleClasses classes;
    private final ClassNode type;
    private final Set<String> taken = new HashSet<>();
    private final List<String> lines = new ArrayList<>();

    Methods(ModuleClasses classes, ClassNode type) {
        this.classes = classes;
        this.type = type;
    }

    List<String> lines(String home) {
        taken.addAll(OF_EVERY_OBJECT);
        if (has(type.access, Opcodes.ACC_ENUM)) {
            taken.add("values()[L" + type.name + ";");
            taken.add("valueOf(Ljava/lang/String;)L" + type.name + ";");
        }
        if (ApiText.isRecord(type)) {
            List<RecordComponentNode> components = ApiText.components(type);
            components.forEach(component -> taken.add(component.name + "()" + component.descriptor));
            taken.add("<init>"
                    + components.stream()
                            .map(component -> component.descriptor)
                            .collect(Collectors.joining("", "(", ")V")));
        }
        add(type, Map.of(), home);
        return lines;
    }

    private void add(ClassNode from, Map<String, TypeText> values, String home) {
        for (MethodNode method : from.methods) {
            if (isCallable(from, method) && taken.add(method.name + method.desc)) {
                lines.add(line(method, values, home));
            }
        }
        Signature signature = Signature.of(from);
        addHidden(signature.superclass.with(values), home);
        signature.interfaces.forEach(above -> addHidden(above.with(values), home));
    }

    private void addHidden(TypeText above, String home) {
        ClassNode known = classes.get(above.name());
        if (known != null && !classes.isVisible(above.name())) {
            add(known, Signature.of(known).values(above), home);
        }
    }

    private boolean isCallable(ClassNode from, MethodNode method) {
        boolean inherited = from != type;
        return !has(method.access, Opcodes.ACC_SYNTHETIC)
                && ModuleClasses.isOpen(method.access, type)
                && !method.name.equals("<clinit>")
                && !(inherited && method.name.equals("<init>"))
                && !(inherited && has(method.access, Opcodes.ACC_STATIC) && has(from.access, Opcodes.ACC_INTERFACE));
    }

    private String line(MethodNode method, Map<String, TypeText> values, String home) {
        Signature signature = Signature.of(method);
        boolean constructor = method.name.equals("<init>");
        String variables = signature.variablesIn(home);
        return Annotations.prefix(method.visibleAnnotations)
                + modifiers(method)
                + (variables.isEmpty() ? "" : variables + " ")
                + (constructor ? "" : signature.result.with(values).in(home) + " ")
                + (constructor ? simpleName() : method.name)
                + parameters(method, signature, values, home)
                + (signature.thrown.isEmpty()
                        ? ""
                        : signature.thrown.stream()
                                .map(thrown -> thrown.with(values).in(home))
                                .sorted()
                                .collect(Collectors.joining(", ", " throws ", "")))
                + (method.annotationDefault == null ? "" : " default");
    }

    private String simpleName() {
        return type.name.substring(Math.max(type.name.lastIndexOf('/'), type.name.lastIndexOf('$')) + 1);
    }

    private String modifiers(MethodNode method) {
        boolean ofInterface = has(type.access, Opcodes.ACC_INTERFACE);
        boolean isStatic = has(method.access, Opcodes.ACC_STATIC);
        boolean isAbstract = has(method.access, Opcodes.ACC_ABSTRACT);
        return (has(method.access, Opcodes.ACC_PROTECTED) ? "protected " : "")
                + (isStatic ? "static " : "")
                + (ofInterface && !isStatic && !isAbstract ? "default " : "")
                + (!ofInterface && isAbstract ? "abstract " : "")
                + (has(method.access, Opcodes.ACC_FINAL) && !has(type.access, Opcodes.ACC_FINAL) ? "final " : "");
    }

    private static String parameters(
            MethodNode method, Signature signature, Map<String, TypeText> values, String home) {
        List<String> texts = new ArrayList<>();
        signature.parameters.forEach(
                parameter -> texts.add(parameter.with(values).in(home)));
        if (has(method.access, Opcodes.ACC_VARARGS)) {
            String last = texts.remove(texts.size() - 1);
            texts.add(last.substring(0, last.length() - "[]".length()) + "...");
        }
        return "(" + String.join(", ", texts) + ")";
    }
}
