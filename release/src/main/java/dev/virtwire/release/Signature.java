// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.release;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.TypeReference;
import org.objectweb.asm.signature.SignatureReader;
import org.objectweb.asm.signature.SignatureVisitor;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.TypeAnnotationNode;

/** The types that a class or a method names: of its variables, what it extends or takes, returns and throws. */
final class Signature {
    /** A type variable and what bounds it. */
    record Variable(String name, List<String> annotations, List<TypeText> bounds) {
        Variable(String name) {
            this(name, new ArrayList<>(), new ArrayList<>());
        }

        String in(String home) {
            String bound = bounds.stream()
                    .map(type -> type.in(home))
                    .filter(text -> !text.equals("Object"))
                    .collect(Collectors.joining(" & "));
            return annotations.stream().map(mark -> mark + " ").collect(Collectors.joining())
                    + name
                    + (bound.isEmpty() ? "" : " extends " + bound);
        }
    }

    final List<Variable> variables = new ArrayList<>();
    final List<TypeText> interfaces = new ArrayList<>();
    final List<TypeText> parameters = new ArrayList<>();
    final List<TypeText> thrown = new ArrayList<>();
    TypeText superclass = TypeText.ofName("java/lang/Object");
    TypeText result = TypeText.ofName("void");

    private Signature() {}

    static Signature of(ClassNode type) {
        Signature signature = new Signature();
        if (type.signature != null) {
            new SignatureReader(type.signature).accept(signature.new Reader());
        } else {
            if (type.superName != null) {
                signature.superclass = TypeText.ofName(type.superName);
            }
            type.interfaces.forEach(name -> signature.interfaces.add(TypeText.ofName(name)));
        }
        each(type.visibleTypeAnnotations, signature::annotate);
        return signature;
    }

    static Signature of(MethodNode method) {
        Signature signature = new Signature();
        if (method.signature != null) {
            new SignatureReader(method.signature).accept(signature.new Reader());
        } else {
            Type descriptor = Type.getMethodType(method.desc);
            signature.result = TypeText.ofDescriptor(descriptor.getReturnType());
            Arrays.stream(descriptor.getArgumentTypes())
                    .map(TypeText::ofDescriptor)
                    .forEach(signature.parameters::add);
        }
        if (signature.thrown.isEmpty()) {
            method.exceptions.forEach(name -> signature.thrown.add(TypeText.ofName(name)));
        }
        each(method.visibleTypeAnnotations, signature::annotate);
        return signature;
    }

    /** The type of a field or of a record's component. */
    static TypeText ofValue(String descriptor, @Nullable String signature, @Nullable List<TypeAnnotationNode> marks) {
        List<TypeText> found = new ArrayList<>();
        if (signature == null) {
            found.add(TypeText.ofDescriptor(Type.getType(descriptor)));
        } else {
            new SignatureReader(signature).acceptType(TypeText.reader(found::add));
        }
        TypeText type = found.get(0);
        each(marks, mark -> type.annotate(mark.typePath, Annotations.text(mark)));
        return type;
    }

    private static void each(@Nullable Collection<TypeAnnotationNode> marks, Consumer<TypeAnnotationNode> then) {
        if (marks != null) {
            marks.stream().filter(Annotations::isOfTheApi).forEach(then);
        }
    }

    private void annotate(TypeAnnotationNode mark) {
        TypeReference place = new TypeReference(mark.typeRef);
        String text = Annotations.text(mark);
        switch (place.getSort()) {
            case TypeReference.METHOD_RETURN -> result.annotate(mark.typePath, text);
            case TypeReference.METHOD_FORMAL_PARAMETER ->
                parameters.get(place.getFormalParameterIndex()).annotate(mark.typePath, text);
            case TypeReference.THROWS -> thrown.get(place.getExceptionIndex()).annotate(mark.typePath, text);
            case TypeReference.CLASS_EXTENDS ->
                (place.getSuperTypeIndex() < 0 ? superclass : interfaces.get(place.getSuperTypeIndex()))
                        .annotate(mark.typePath, text);
            case TypeReference.CLASS_TYPE_PARAMETER, TypeReference.METHOD_TYPE_PARAMETER ->
                variables.get(place.getTypeParameterIndex()).annotations().add(text);
            case TypeReference.CLASS_TYPE_PARAMETER_BOUND, TypeReference.METHOD_TYPE_PARAMETER_BOUND ->
                bound(place).annotate(mark.typePath, text);
            default ->
                throw new IllegalStateException("an annotation at a place that is not known: " + place.getSort());
        }
    }

    private TypeText bound(TypeReference place) {
        return variables.get(place.getTypeParameterIndex()).bounds().get(place.getTypeParameterBoundIndex());
    }

    /** The variables' values where another class extends this one with arguments. */
    Map<String, TypeText> values(TypeText extended) {
        Map<String, TypeText> values = new HashMap<>();
        for (int i = 0; i < Math.min(variables.size(), extended.arguments().size()); i++) {
            values.put(variables.get(i).name(), extended.arguments().get(i));
        }
        return values;
    }

    String variablesIn(String home) {
        return variables.isEmpty()
                ? ""
                : variables.stream().map(variable -> variable.in(home)).collect(Collectors.joining(", ", "<", ">"));
    }

    private final class Reader extends SignatureVisitor {
        Reader() {
            super(Opcodes.ASM9);
        }

        @Override
        public void visitFormalTypeParameter(String name) {
            variables.add(new Variable(name));
        }

        @Override
        public SignatureVisitor visitClassBound() {
            return TypeText.reader(variables.get(variables.size() - 1).bounds()::add);
        }

        @Override
        public SignatureVisitor visitInterfaceBound() {
            List<TypeText> bounds = variables.get(variables.size() - 1).bounds();
            if (bounds.isEmpty()) {
                // The bound with the number 0 is a class.
                bounds.add(TypeText.ofName("java/lang/Object"));
            }
            return visitClassBound();
        }

        @Override
        public SignatureVisitor visitSuperclass() {
            return TypeText.reader(type -> superclass = type);
        }

        @Override
        public SignatureVisitor visitInterface() {
            return TypeText.reader(interfaces::add);
        }

        @Override
        public SignatureVisitor visitParameterType() {
            return TypeText.reader(parameters::add);
        }

        @Override
        public SignatureVisitor visitReturnType() {
            return TypeText.reader(type -> result = type);
        }

        @Override
        public SignatureVisitor visitExceptionType() {
            return TypeText.reader(thrown::add);
        }
    }
}
