// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.emit;

import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.NameAllocator;
import dev.virtwire.gen.model.Struct;
import dev.virtwire.gen.model.Struct.Role;
import dev.virtwire.gen.model.Type;
import dev.virtwire.gen.model.Type.Array;
import dev.virtwire.gen.model.Type.Chars;
import dev.virtwire.gen.model.Type.Coded;
import dev.virtwire.gen.model.Type.Maybe;
import dev.virtwire.gen.model.Type.Opaque;
import dev.virtwire.gen.model.Type.Scalar;
import dev.virtwire.gen.model.Type.Text;
import dev.virtwire.gen.model.Union;

/** Statements that write values: the body of {@code encode}. */
final class WriteCode {
    private final JavaNames names;
    private final NameAllocator locals = new NameAllocator();

    WriteCode(JavaNames names) {
        this.names = names;
        locals.newName("writer");
        locals.newName("value");
    }

    /**
     * Writes one field.
     *
     * @param expression its value
     * @param name its name, for locals
     * @param label what error messages call it
     */
    CodeBlock field(Role role, Type type, CodeBlock expression, String name, String label) {
        if (JavaNames.isSet(role, type)) {
            Coded coded = (Coded) type;
            CodeBlock bits = CodeBlock.of("$T.bits($L)", JavaNames.of(coded.enumeration()), expression);
            return number(coded, bits, label);
        }
        return type(type, expression, name, label);
    }

    private CodeBlock type(Type type, CodeBlock expression, String name, String label) {
        if (type instanceof Scalar scalar) {
            return CodeBlock.of("writer.write$L($L, $S);\n", method(scalar), expression, label);
        }
        if (type instanceof Text text) {
            return bounded("String", expression, text.bound(), label);
        }
        if (type instanceof Opaque opaque) {
            return bounded(opaque.exact() ? "FixedOpaque" : "Opaque", expression, opaque.bound(), label);
        }
        if (type instanceof Chars chars) {
            return bounded(chars.exact() ? "FixedChars" : "Chars", expression, chars.bound(), label);
        }
        if (type instanceof Coded coded) {
            return number(coded, expression, label);
        }
        if (type instanceof Maybe maybe) {
            return optional(maybe, expression, name, label);
        }
        if (type instanceof Array array) {
            return array(array, expression, name, label);
        }
        return CodeBlock.of("writer.writeValue($T.INSTANCE, $L, $S);\n", names.codec(type), expression, label);
    }

    private static CodeBlock bounded(String method, CodeBlock expression, int bound, String label) {
        return CodeBlock.of("writer.write$L($L, $L, $S);\n", method, expression, bound, label);
    }

    private static CodeBlock number(Coded coded, CodeBlock expression, String label) {
        boolean flags = coded.enumeration().flags();
        return switch (coded.carrier()) {
            case INT -> CodeBlock.of("writer.writeInt($L$L, $S);\n", flags ? "(int) " : "", expression, label);
            case UINT ->
                flags
                        ? CodeBlock.of("writer.writeUnsignedInt($L, $S);\n", expression, label)
                        : CodeBlock.of("writer.writeInt($L, $S);\n", expression, label);
            default -> CodeBlock.of("writer.write$L($L, $S);\n", method(coded.carrier()), expression, label);
        };
    }

    private CodeBlock optional(Maybe maybe, CodeBlock expression, String name, String label) {
        String local = locals.newName(name);
        return CodeBlock.builder()
                .addStatement("$T $L = $L", JavaNames.type(maybe).withoutAnnotations(), local, expression)
                .addStatement("writer.writeOptional($L != null, $S)", local, label)
                .beginControlFlow("if ($L != null)", local)
                .add(type(maybe.of(), CodeBlock.of("$L", local), name, label))
                .endControlFlow()
                .build();
    }

    private CodeBlock array(Array array, CodeBlock expression, String name, String label) {
        if (array.of() instanceof Struct || array.of() instanceof Union) {
            return CodeBlock.of(
                    "writer.writeArray($T.INSTANCE, $L, $L, $S);\n",
                    names.codec(array.of()),
                    expression,
                    array.bound(),
                    label);
        }
        String element = locals.newName(name + "Element");
        return CodeBlock.builder()
                .addStatement("writer.writeArrayLength($L.size(), $L, $S)", expression, array.bound(), label)
                .beginControlFlow(
                        "for ($T $L : $L)", JavaNames.type(array.of()).withoutAnnotations(), element, expression)
                .add(type(array.of(), CodeBlock.of("$L", element), name, label))
                .endControlFlow()
                .build();
    }

    /** What the reader's and the writer's methods call a scalar. */
    static String method(Scalar scalar) {
        return switch (scalar) {
            case INT -> "Int";
            case UINT -> "UnsignedInt";
            case I64, U64 -> "Long";
            case DOUBLE -> "Double";
            case CHAR -> "Char";
            case UCHAR -> "UnsignedChar";
            case USHORT -> "UnsignedShort";
            case UUID -> "Uuid";
        };
    }
}
