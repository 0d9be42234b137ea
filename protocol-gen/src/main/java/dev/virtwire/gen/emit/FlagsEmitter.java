// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.emit;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.MethodSpec;
import com.palantir.javapoet.ParameterizedTypeName;
import com.palantir.javapoet.TypeSpec;
import dev.virtwire.gen.model.Enumeration;
import dev.virtwire.gen.model.Enumeration.Constant;
import dev.virtwire.gen.model.Names;
import java.util.EnumSet;
import java.util.Set;
import javax.lang.model.element.Modifier;

/** Flags: an enum of single bits, sets of which go over the wire. */
final class FlagsEmitter {
    private FlagsEmitter() {}

    static TypeSpec emit(Enumeration flags) {
        ClassName self = JavaNames.of(flags);
        ParameterizedTypeName set = ParameterizedTypeName.get(ClassName.get(Set.class), self);
        ParameterizedTypeName any = ParameterizedTypeName.get(JavaNames.FLAG_SET, self);
        TypeSpec.Builder type = Docs.published(TypeSpec.enumBuilder(self)
                .addModifiers(Modifier.PUBLIC)
                .addJavadoc(Docs.of(flags.doc(), "Flags of " + Docs.words(flags.name()) + ".", flags.source())));
        for (Constant constant : flags.constants()) {
            type.addEnumConstant(
                    Names.constant(constant.name()),
                    TypeSpec.anonymousClassBuilder("0x$LL", Long.toHexString(constant.number()))
                            .addJavadoc(EnumEmitter.constantDoc(constant))
                            .build());
        }
        return type.addField(long.class, "bit", Modifier.PRIVATE, Modifier.FINAL)
                .addMethod(MethodSpec.constructorBuilder()
                        .addParameter(long.class, "bit")
                        .addStatement("this.bit = bit")
                        .build())
                .addMethod(MethodSpec.methodBuilder("bit")
                        .addJavadoc("The bit on the wire.")
                        .addModifiers(Modifier.PUBLIC)
                        .returns(long.class)
                        .addStatement("return bit")
                        .build())
                .addMethod(MethodSpec.methodBuilder("bits")
                        .addJavadoc("The set as it goes over the wire.")
                        .addModifiers(Modifier.PUBLIC, Modifier.STATIC)
                        .returns(long.class)
                        .addParameter(set, "flags")
                        .beginControlFlow("if (flags instanceof $T any)", any)
                        .addStatement("return any.bits()")
                        .endControlFlow()
                        .addStatement("long bits = 0")
                        .beginControlFlow("for ($T flag : flags)", self)
                        .addStatement("bits |= flag.bit")
                        .endControlFlow()
                        .addStatement("return bits")
                        .build())
                .addMethod(MethodSpec.methodBuilder("of")
                        .addJavadoc("The flags that are set; bits that have no name here are left out.")
                        .addModifiers(Modifier.PUBLIC, Modifier.STATIC)
                        .returns(set)
                        .addParameter(long.class, "bits")
                        .addStatement("$1T<$2T> flags = $1T.noneOf($2T.class)", EnumSet.class, self)
                        .beginControlFlow("for ($T flag : values())", self)
                        .beginControlFlow("if ((bits & flag.bit) != 0)")
                        .addStatement("flags.add(flag)")
                        .endControlFlow()
                        .endControlFlow()
                        .addStatement("return flags")
                        .build())
                .addMethod(MethodSpec.methodBuilder("raw")
                        .addJavadoc("All flags that are set, for a server that knows more than have a name here: in"
                                + " arguments, bits without a name go over the wire as well.")
                        .addModifiers(Modifier.PUBLIC, Modifier.STATIC)
                        .returns(set)
                        .addParameter(long.class, "bits")
                        .addStatement("$T flags = of(bits)", set)
                        .addStatement("return bits(flags) == bits ? flags : $T.of(flags, bits)", JavaNames.FLAG_SET)
                        .build())
                .build();
    }
}
