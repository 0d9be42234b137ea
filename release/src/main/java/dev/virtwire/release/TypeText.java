// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.release;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.TypePath;
import org.objectweb.asm.signature.SignatureVisitor;

/** A type as a signature has it, with the annotations that belong to its parts. */
final class TypeText {
    private final List<String> annotations = new ArrayList<>();
    private final List<TypeText> arguments = new ArrayList<>();

    /** An internal name, the name of a type variable, or a keyword. */
    private String name = "";

    private boolean variable;

    /** What an array is of, or what a wildcard is bounded by. */
    private @Nullable TypeText of;

    /** A class inside this one, if this one has arguments of its own. */
    private @Nullable TypeText inner;

    /** Of a wildcard, such as {@code ? extends}; null for everything else. */
    private @Nullable String wildcard;

    static TypeText ofName(String internalName) {
        TypeText type = new TypeText();
        type.name = internalName;
        return type;
    }

    static TypeText ofDescriptor(Type descriptor) {
        TypeText type = new TypeText();
        switch (descriptor.getSort()) {
            case Type.ARRAY ->
                type.of = ofDescriptor(Type.getType(descriptor.getDescriptor().substring(1)));
            case Type.OBJECT -> type.name = descriptor.getInternalName();
            default -> type.name = descriptor.getClassName();
        }
        return type;
    }

    String name() {
        return name;
    }

    List<TypeText> arguments() {
        return arguments;
    }

    void annotate(@Nullable TypePath path, String annotation) {
        TypeText part = this;
        for (int step = 0; path != null && step < path.getLength(); step++) {
            part = part.step(path.getStep(step), path.getStepArgument(step));
        }
        part.annotations.add(annotation);
    }

    private TypeText step(int kind, int argument) {
        return switch (kind) {
            case TypePath.TYPE_ARGUMENT -> innermost().arguments.get(argument);
            // Without arguments of the outer class, both are one name.
            case TypePath.INNER_TYPE -> inner == null ? this : inner;
            default -> of == null ? this : of;
        };
    }

    private TypeText innermost() {
        return inner == null ? this : inner.innermost();
    }

    /**
     * The type with other types in the place of its variables.
     *
     * @param values by the variables' names
     */
    TypeText with(Map<String, TypeText> values) {
        TypeText value = variable ? values.get(name) : null;
        TypeText copy = new TypeText();
        TypeText from = value == null ? this : value;
        copy.annotations.addAll(annotations);
        if (value != null) {
            copy.annotations.addAll(value.annotations);
        }
        copy.name = from.name;
        copy.variable = from.variable;
        copy.wildcard = from.wildcard;
        from.arguments.forEach(argument -> copy.arguments.add(argument.with(values)));
        copy.of = from.of == null ? null : from.of.with(values);
        copy.inner = from.inner == null ? null : from.inner.with(values);
        return copy;
    }

    /**
     * As in Java, but for names of other packages, which are whole.
     *
     * @param home the package whose types need no more than their names, with slashes
     */
    String in(String home) {
        String marks = marks();
        if (wildcard != null) {
            return marks + wildcard + (of == null ? "" : " " + of.in(home));
        }
        if (of != null) {
            StringBuilder brackets = new StringBuilder();
            TypeText element = this;
            // In Java, the outermost array's brackets come first.
            for (; element.of != null && element.wildcard == null; element = element.of) {
                brackets.append(element.annotations.isEmpty() ? "" : " " + element.marks())
                        .append("[]");
            }
            return element.in(home) + brackets;
        }
        return marks
                + (variable ? name : shortName(name, home))
                + inBrackets(home)
                + (inner == null ? "" : "." + inner.in(home));
    }

    private String marks() {
        return annotations.stream().sorted().map(mark -> mark + " ").collect(Collectors.joining());
    }

    private String inBrackets(String home) {
        return arguments.isEmpty()
                ? ""
                : arguments.stream().map(argument -> argument.in(home)).collect(Collectors.joining(", ", "<", ">"));
    }

    /** The name without its package if that is {@code home} or {@code java.lang}. */
    static String shortName(String internalName, String home) {
        int slash = internalName.lastIndexOf('/');
        String of = slash < 0 ? "" : internalName.substring(0, slash);
        String shown = of.equals(home) || of.equals("java/lang") ? internalName.substring(slash + 1) : internalName;
        return shown.replace('/', '.').replace('$', '.');
    }

    /** Reads one type of a signature, and gives it when it is whole. */
    static SignatureVisitor reader(Consumer<TypeText> then) {
        return new Reader(new TypeText(), then);
    }

    private static final class Reader extends SignatureVisitor {
        private final TypeText whole;
        private final Consumer<TypeText> then;

        /** The class whose arguments come. */
        private TypeText part;

        Reader(TypeText whole, Consumer<TypeText> then) {
            super(Opcodes.ASM9);
            this.whole = whole;
            this.part = whole;
            this.then = then;
        }

        @Override
        public void visitBaseType(char descriptor) {
            whole.name = Type.getType(String.valueOf(descriptor)).getClassName();
            then.accept(whole);
        }

        @Override
        public void visitTypeVariable(String variable) {
            whole.name = variable;
            whole.variable = true;
            then.accept(whole);
        }

        @Override
        public SignatureVisitor visitArrayType() {
            return reader(component -> {
                whole.of = component;
                then.accept(whole);
            });
        }

        @Override
        public void visitClassType(String internalName) {
            whole.name = internalName;
        }

        @Override
        public void visitInnerClassType(String simpleName) {
            TypeText next = ofName(simpleName);
            part.inner = next;
            part = next;
        }

        @Override
        public void visitTypeArgument() {
            TypeText any = new TypeText();
            any.wildcard = "?";
            part.arguments.add(any);
        }

        @Override
        public SignatureVisitor visitTypeArgument(char kind) {
            TypeText to = part;
            return reader(argument -> {
                if (kind == INSTANCEOF) {
                    to.arguments.add(argument);
                    return;
                }
                TypeText bounded = new TypeText();
                bounded.wildcard = kind == EXTENDS ? "? extends" : "? super";
                bounded.of = argument;
                to.arguments.add(bounded);
            });
        }

        @Override
        public void visitEnd() {
            then.accept(whole);
        }
    }
}
