// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.emit;

import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.NameAllocator;
import com.palantir.javapoet.TypeName;
import dev.virtwire.gen.model.Struct.Role;
import dev.virtwire.gen.model.Type;
import dev.virtwire.gen.model.Type.Array;
import dev.virtwire.gen.model.Type.Chars;
import dev.virtwire.gen.model.Type.Coded;
import dev.virtwire.gen.model.Type.Maybe;
import dev.virtwire.gen.model.Type.Opaque;
import dev.virtwire.gen.model.Type.Scalar;
import dev.virtwire.gen.model.Type.Text;
import java.util.ArrayList;

/** Statements that read values into locals: the body of {@code decode}. */
final class ReadCode {
    private final JavaNames names;
    private final NameAllocator locals = new NameAllocator();

    ReadCode(JavaNames names) {
        this.names = names;
        locals.newName("reader");
    }

    /** A local for a field, for {@link #field}. */
    String local(String name) {
        return locals.newName(name);
    }

    /**
     * Reads one field into a new local.
     *
     * @param label what error messages call it
     */
    CodeBlock field(Role role, Type type, TypeName javaType, String local, String label) {
        if (JavaNames.isSet(role, type)) {
            Coded coded = (Coded) type;
            return CodeBlock.of(
                    "$T $L = $T.raw($L);\n", javaType, local, JavaNames.of(coded.enumeration()), number(coded, label));
        }
        if (isSimple(type)) {
            return CodeBlock.of("$T $L = $L;\n", javaType, local, expression(type, label));
        }
        if (type instanceof Array array) {
            return array(array, local, label);
        }
        return CodeBlock.builder()
                .addStatement("$T $L = null", javaType.withoutAnnotations(), local)
                .add(assign(type, local, label))
                .build();
    }

    /** Whether one expression reads it. */
    private static boolean isSimple(Type type) {
        return !(type instanceof Maybe) && !(type instanceof Array);
    }

    private CodeBlock assign(Type type, String local, String label) {
        if (type instanceof Maybe maybe) {
            return CodeBlock.builder()
                    .beginControlFlow("if (reader.readOptional($S))", label)
                    .add(assign(maybe.of(), local, label))
                    .endControlFlow()
                    .build();
        }
        if (type instanceof Array array) {
            String list = locals.newName(local + "List");
            return CodeBlock.builder()
                    .add(array(array, list, label))
                    .addStatement("$L = $L", local, list)
                    .build();
        }
        return CodeBlock.of("$L = $L;\n", local, expression(type, label));
    }

    /** Reads an array into a new local. */
    private CodeBlock array(Array array, String list, String label) {
        Type of = array.of();
        String length = locals.newName(list + "Length");
        String index = locals.newName(list + "Index");
        CodeBlock.Builder code = CodeBlock.builder()
                .addStatement(
                        "int $L = reader.readArrayLength($L, $L, $S)", length, array.bound(), of.minBytes(), label)
                .addStatement("$T $L = new $T<>($L)", JavaNames.type(array), list, ArrayList.class, length)
                .beginControlFlow("for (int $1L = 0; $1L < $2L; $1L++)", index, length);
        if (isSimple(of)) {
            code.addStatement("$L.add($L)", list, expression(of, label));
        } else {
            String element = locals.newName(list + "Element");
            code.add(field(Role.STRUCT, of, JavaNames.type(of), element, label))
                    .addStatement("$L.add($L)", list, element);
        }
        return code.endControlFlow().build();
    }

    /** The expression that reads a simple type. */
    private CodeBlock expression(Type type, String label) {
        if (type instanceof Scalar scalar) {
            return CodeBlock.of("reader.read$L($S)", WriteCode.method(scalar), label);
        }
        if (type instanceof Text text) {
            return bounded("String", text.bound(), label);
        }
        if (type instanceof Opaque opaque) {
            return bounded(opaque.exact() ? "FixedOpaque" : "Opaque", opaque.bound(), label);
        }
        if (type instanceof Chars chars) {
            return bounded(chars.exact() ? "FixedChars" : "Chars", chars.bound(), label);
        }
        if (type instanceof Coded coded) {
            return number(coded, label);
        }
        return CodeBlock.of("$T.INSTANCE.decode(reader)", names.codec(type));
    }

    private static CodeBlock bounded(String method, int bound, String label) {
        return CodeBlock.of("reader.read$L($L, $S)", method, bound, label);
    }

    /** An enum's number is an int, with the sign that its carrier gives it; flags are bits without sign. */
    private static CodeBlock number(Coded coded, String label) {
        boolean flags = coded.enumeration().flags();
        return switch (coded.carrier()) {
            case INT, UINT -> CodeBlock.of("reader.read$L($S)", flags ? "UnsignedInt" : "Int", label);
            default -> CodeBlock.of("reader.read$L($S)", WriteCode.method(coded.carrier()), label);
        };
    }
}
