// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.emit;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.MethodSpec;
import com.palantir.javapoet.ParameterizedTypeName;
import com.palantir.javapoet.TypeSpec;
import dev.virtwire.gen.model.Enumeration;
import dev.virtwire.gen.model.Enumeration.Constant;
import dev.virtwire.gen.model.Names;
import java.util.Optional;
import javax.lang.model.element.Modifier;

/** An enum: a record carries the bare number, for a later libvirt may send one that is not named yet. */
final class EnumEmitter {
    private EnumEmitter() {}

    static TypeSpec emit(Enumeration enumeration) {
        ClassName self = JavaNames.of(enumeration);
        TypeSpec.Builder type = Docs.published(TypeSpec.enumBuilder(self)
                .addModifiers(Modifier.PUBLIC)
                .addJavadoc(
                        Docs.of(enumeration.doc(), "A " + Docs.words(enumeration.name()) + ".", enumeration.source())));
        CodeBlock.Builder cases = CodeBlock.builder();
        for (Constant constant : enumeration.constants()) {
            String name = Names.constant(constant.name());
            type.addEnumConstant(
                    name,
                    TypeSpec.anonymousClassBuilder("$L", (int) constant.number())
                            .addJavadoc(constantDoc(constant))
                            .build());
            cases.add("case $L -> $T.of($L);\n", (int) constant.number(), Optional.class, name);
        }
        return type.addField(int.class, "value", Modifier.PRIVATE, Modifier.FINAL)
                .addMethod(MethodSpec.constructorBuilder()
                        .addParameter(int.class, "value")
                        .addStatement("this.value = value")
                        .build())
                .addMethod(MethodSpec.methodBuilder("value")
                        .addJavadoc("The number on the wire.")
                        .addModifiers(Modifier.PUBLIC)
                        .returns(int.class)
                        .addStatement("return value")
                        .build())
                .addMethod(MethodSpec.methodBuilder("of")
                        .addJavadoc("The constant of this number; empty if a later libvirt brought it.")
                        .addModifiers(Modifier.PUBLIC, Modifier.STATIC)
                        .returns(ParameterizedTypeName.get(ClassName.get(Optional.class), self))
                        .addParameter(int.class, "value")
                        .addCode(
                                "return switch (value) {\n$>$Ldefault -> $T.empty();\n$<};\n",
                                cases.build(),
                                Optional.class)
                        .build())
                .build();
    }

    static CodeBlock constantDoc(Constant constant) {
        CodeBlock.Builder doc =
                CodeBlock.builder().add("$L", Docs.sentence(constant.doc(), Docs.words(constant.name())));
        if (constant.since() != null) {
            doc.add("\n\n@since libvirt $L", constant.since());
        }
        return doc.build();
    }
}
