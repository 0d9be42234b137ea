// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.emit;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.FieldSpec;
import com.palantir.javapoet.MethodSpec;
import com.palantir.javapoet.ParameterizedTypeName;
import com.palantir.javapoet.TypeName;
import com.palantir.javapoet.TypeSpec;
import dev.virtwire.gen.model.Field;
import dev.virtwire.gen.model.Struct;
import dev.virtwire.gen.model.Struct.Role;
import dev.virtwire.gen.model.Type;
import dev.virtwire.gen.model.Union;
import dev.virtwire.gen.model.Union.Arm;
import java.util.ArrayList;
import java.util.List;
import javax.lang.model.element.Modifier;

/** Codecs: plain classes without lambdas, for each lambda costs a short-lived program's start. */
final class CodecEmitter {
    private final JavaNames names;

    CodecEmitter(JavaNames names) {
        this.names = names;
    }

    TypeSpec emit(Struct struct) {
        WriteCode write = new WriteCode(names);
        ReadCode read = new ReadCode(names);
        CodeBlock.Builder encode = CodeBlock.builder();
        CodeBlock.Builder decode = CodeBlock.builder();
        List<CodeBlock> locals = new ArrayList<>();
        for (Field field : struct.fields()) {
            String label = struct.label() + "." + field.name();
            CodeBlock value = CodeBlock.of("value.$L()", field.name());
            encode.add(write.field(struct.role(), field.type(), value, field.name(), label));
            String local = read.local(field.name());
            decode.add(read.field(struct.role(), field.type(), JavaNames.field(struct.role(), field), local, label));
            locals.add(CodeBlock.of("$L", local));
        }
        decode.addStatement("return new $T($L)", JavaNames.of(struct), CodeBlock.join(locals, ", "));
        return codec(struct, JavaNames.of(struct), encode.build(), decode.build());
    }

    TypeSpec emit(Union union) {
        WriteCode write = new WriteCode(names);
        ReadCode read = new ReadCode(names);
        CodeBlock.Builder encode = CodeBlock.builder();
        CodeBlock.Builder decode = CodeBlock.builder()
                .addStatement("int arm = reader.readInt($S)", union.name())
                .beginControlFlow("switch (arm)");
        read.local("arm");
        String separator = "if";
        for (Arm arm : union.arms()) {
            String label = union.name() + "." + arm.field().name();
            Type type = arm.field().type();
            ClassName record = UnionEmitter.arm(union, arm);
            String local = arm.field().name();
            String written = local + "Arm";
            encode.add("$L (value instanceof $T $L) {\n$>", separator, record, written)
                    .addStatement("writer.writeInt($L, $S)", arm.number(), union.name())
                    .add(write.field(Role.STRUCT, type, CodeBlock.of("$L.value()", written), local, label))
                    .add("$<}");
            separator = " else if";
            String value = read.local(local);
            decode.add("case $L -> {\n$>", arm.number())
                    .add(read.field(Role.STRUCT, type, JavaNames.type(type), value, label))
                    .addStatement("return new $T($L)", record, value)
                    .add("$<}\n");
        }
        encode.add("\n");
        decode.add("default -> throw new $T($S, $S + arm);\n", JavaNames.XDR_EXCEPTION, union.name(), "unknown arm ")
                .endControlFlow();
        return codec(union, JavaNames.of(union), encode.build(), decode.build());
    }

    private TypeSpec codec(Type type, TypeName value, CodeBlock encode, CodeBlock decode) {
        ClassName name = names.codec(type);
        return Docs.generated(TypeSpec.classBuilder(name)
                        .addModifiers(Modifier.FINAL)
                        .addSuperinterface(ParameterizedTypeName.get(JavaNames.CODEC, value)))
                .addField(FieldSpec.builder(name, "INSTANCE", Modifier.STATIC, Modifier.FINAL)
                        .initializer("new $T()", name)
                        .build())
                .addMethod(MethodSpec.constructorBuilder()
                        .addModifiers(Modifier.PRIVATE)
                        .build())
                .addMethod(MethodSpec.methodBuilder("encode")
                        .addAnnotation(Override.class)
                        .addModifiers(Modifier.PUBLIC)
                        .addParameter(JavaNames.WRITER, "writer")
                        .addParameter(value, "value")
                        .addCode(encode)
                        .build())
                .addMethod(MethodSpec.methodBuilder("decode")
                        .addAnnotation(Override.class)
                        .addModifiers(Modifier.PUBLIC)
                        .returns(value)
                        .addParameter(JavaNames.READER, "reader")
                        .addCode(decode)
                        .build())
                .build();
    }
}
