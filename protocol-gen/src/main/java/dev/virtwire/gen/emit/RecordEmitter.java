// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.emit;

import com.palantir.javapoet.ArrayTypeName;
import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.MethodSpec;
import com.palantir.javapoet.ParameterSpec;
import com.palantir.javapoet.ParameterizedTypeName;
import com.palantir.javapoet.TypeName;
import com.palantir.javapoet.TypeSpec;
import dev.virtwire.gen.model.Field;
import dev.virtwire.gen.model.Struct;
import dev.virtwire.gen.model.Type;
import dev.virtwire.gen.model.Type.Array;
import dev.virtwire.gen.model.Type.Coded;
import dev.virtwire.gen.model.Type.Maybe;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import javax.lang.model.element.Modifier;

/** A struct as a record: lists and sets are immutable, what is not optional is not null. */
final class RecordEmitter {
    private RecordEmitter() {}

    static TypeSpec emit(Struct struct) {
        MethodSpec.Builder components = MethodSpec.constructorBuilder();
        MethodSpec.Builder checks = MethodSpec.compactConstructorBuilder()
                .addModifiers(Modifier.PUBLIC)
                .addJavadoc("Checks the values.");
        for (Field field : struct.fields()) {
            components.addParameter(ParameterSpec.builder(JavaNames.field(struct.role(), field), field.name())
                    .build());
            checks.addCode(check(struct, field));
        }
        TypeSpec.Builder type = Docs.published(TypeSpec.recordBuilder(struct.name())
                .addModifiers(Modifier.PUBLIC)
                .addJavadoc(Docs.of(struct.doc(), what(struct), struct.source()))
                .addJavadoc(Docs.parameters(struct.fields()))
                .recordConstructor(components.build()));
        MethodSpec constructor = checks.build();
        if (!constructor.code().isEmpty()) {
            type.addMethod(constructor);
        }
        struct.fields().forEach(field -> addConstants(type, struct.role(), field));
        addMethods(type, JavaNames.of(struct), struct.role(), struct.fields());
        return type.build();
    }

    /** What a number of a record stands for: {@code stateEnum()} of {@code state}, {@code flagsSet()} of flags. */
    static void addConstants(TypeSpec.Builder type, Struct.Role role, Field field) {
        if (!(field.type() instanceof Coded coded) || JavaNames.isSet(role, coded)) {
            return;
        }
        ClassName constants = JavaNames.of(coded.enumeration());
        boolean flags = coded.enumeration().flags();
        type.addMethod(MethodSpec.methodBuilder(accessor(field, coded))
                .addJavadoc(
                        flags
                                ? "The flags of {@link #$L}; bits that have no name here are left out."
                                : "What {@link #$L} stands for; empty if a later libvirt brought it.",
                        field.name())
                .addModifiers(Modifier.PUBLIC)
                .returns(ParameterizedTypeName.get(ClassName.get(flags ? Set.class : Optional.class), constants))
                .addStatement("return $T.of($L)", constants, field.name())
                .build());
    }

    private static String accessor(Field field, Coded coded) {
        return field.name() + (coded.enumeration().flags() ? "Set" : "Enum");
    }

    private static String what(Struct struct) {
        return switch (struct.role()) {
            case STRUCT -> "A " + Docs.words(struct.name()) + ".";
            case ARGUMENTS -> "The arguments of " + struct.label() + ".";
            case RESULT -> "The result of " + struct.label() + ".";
            case MESSAGE -> "The body of " + struct.label() + ".";
        };
    }

    private static CodeBlock check(Struct struct, Field field) {
        if (JavaNames.isSet(struct.role(), field.type())) {
            return CodeBlock.of("$1L = $2T.set($1L, $3S);\n", field.name(), JavaNames.VALUES, label(struct, field));
        }
        return check(field.name(), field.type(), label(struct, field));
    }

    private static String label(Struct struct, Field field) {
        return struct.label() + "." + field.name();
    }

    /**
     * What a record's constructor does with one component.
     *
     * @param label what error messages call it
     */
    static CodeBlock check(String name, Type type, String label) {
        if (type instanceof Array array) {
            return CodeBlock.of("$L = $L;\n", name, copy(name, array, label));
        }
        if (type instanceof Maybe maybe) {
            return maybe.of() instanceof Array array
                    ? CodeBlock.of("$1L = $1L == null ? null : $2L;\n", name, copy(name, array, label))
                    : CodeBlock.of("");
        }
        return JavaNames.type(type).isPrimitive()
                ? CodeBlock.of("")
                : CodeBlock.of("$T.present($L, $S);\n", JavaNames.VALUES, name, label);
    }

    /** An immutable copy; other than that of optional elements it takes no nulls. */
    private static CodeBlock copy(String name, Array array, String label) {
        return array.of() instanceof Maybe
                ? CodeBlock.of(
                        "$T.unmodifiableList(new $T<>($T.present($L, $S)))",
                        Collections.class,
                        ArrayList.class,
                        JavaNames.VALUES,
                        name,
                        label)
                : CodeBlock.of("$T.list($L, $S)", JavaNames.VALUES, name, label);
    }

    /**
     * A record with arrays compares their contents, and does not print them: they may be secrets. Nor does it print
     * what its table calls a secret. A number that has a name is printed with it.
     */
    static void addMethods(TypeSpec.Builder type, ClassName name, Struct.Role role, List<Field> fields) {
        boolean arrays = fields.stream().anyMatch(RecordEmitter::isArray);
        if (!arrays && fields.stream().noneMatch(field -> field.secret() || isNamed(field))) {
            return;
        }
        List<CodeBlock> equal = new ArrayList<>();
        CodeBlock hash = CodeBlock.of("");
        List<CodeBlock> texts = new ArrayList<>();
        for (Field field : fields) {
            String component = field.name();
            TypeName javaType = JavaNames.field(role, field);
            if (isArray(field)) {
                equal.add(CodeBlock.of("$1T.equals(this.$2L, that.$2L)", Arrays.class, component));
                hash = hash(hash, Arrays.class, component);
            } else {
                equal.add(
                        javaType.isPrimitive() && !javaType.equals(TypeName.DOUBLE)
                                ? CodeBlock.of("this.$1L == that.$1L", component)
                                : CodeBlock.of("$1T.equals(this.$2L, that.$2L)", Objects.class, component));
                hash = hash(hash, Objects.class, component);
            }
            texts.add(text(field));
        }
        if (arrays) {
            addComparison(type, name, equal, hash);
        }
        type.addMethod(MethodSpec.methodBuilder("toString")
                .addAnnotation(Override.class)
                .addModifiers(Modifier.PUBLIC)
                .returns(String.class)
                .addStatement(
                        "return $S + $L + $S", name.simpleName() + "[", CodeBlock.join(texts, "\n+ \", \" + "), "]")
                .build());
    }

    private static CodeBlock text(Field field) {
        String component = field.name();
        if (field.secret()) {
            return CodeBlock.of("$S", component + "=[secret]");
        }
        if (isNamed(field)) {
            return CodeBlock.of(
                    "$S + $T.named($L(), $L)",
                    component + "=",
                    JavaNames.VALUES,
                    accessor(field, (Coded) field.type()),
                    component);
        }
        if (!isArray(field)) {
            return CodeBlock.of("$S + $L", component + "=", component);
        }
        return field.type() instanceof Maybe
                ? CodeBlock.of(
                        "$1S + ($2L == null ? $3S : $2L.length + $4S)", component + "=", component, "null", " bytes")
                : CodeBlock.of("$S + $L.length + $S", component + "=", component, " bytes");
    }

    private static void addComparison(TypeSpec.Builder type, ClassName name, List<CodeBlock> equal, CodeBlock hash) {
        type.addMethod(MethodSpec.methodBuilder("equals")
                .addAnnotation(Override.class)
                .addModifiers(Modifier.PUBLIC)
                .returns(boolean.class)
                .addParameter(ClassName.get(Object.class).annotated(JavaNames.NULLABLE), "other")
                .addStatement("return other instanceof $T that && $L", name, CodeBlock.join(equal, "\n&& "))
                .build());
        type.addMethod(MethodSpec.methodBuilder("hashCode")
                .addAnnotation(Override.class)
                .addModifiers(Modifier.PUBLIC)
                .returns(int.class)
                .addStatement("return $L", hash)
                .build());
    }

    private static CodeBlock hash(CodeBlock before, Class<?> helper, String component) {
        CodeBlock one = CodeBlock.of("$T.hashCode(this.$L)", helper, component);
        return before.isEmpty() ? one : CodeBlock.of("31 * ($L) + $L", before, one);
    }

    /** Whether it is a number that may have a name. */
    private static boolean isNamed(Field field) {
        return field.type() instanceof Coded coded && !coded.enumeration().flags();
    }

    private static boolean isArray(Field field) {
        Type type = field.type() instanceof Maybe maybe ? maybe.of() : field.type();
        return JavaNames.type(type) instanceof ArrayTypeName;
    }
}
