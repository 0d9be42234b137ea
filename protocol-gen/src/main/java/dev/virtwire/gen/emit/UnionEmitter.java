// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.emit;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.MethodSpec;
import com.palantir.javapoet.ParameterSpec;
import com.palantir.javapoet.TypeSpec;
import dev.virtwire.gen.model.Field;
import dev.virtwire.gen.model.Names;
import dev.virtwire.gen.model.Struct.Role;
import dev.virtwire.gen.model.Union;
import dev.virtwire.gen.model.Union.Arm;
import java.util.List;
import javax.lang.model.element.Modifier;

/** A union as a sealed interface with a record for each arm. */
final class UnionEmitter {
    private UnionEmitter() {}

    static TypeSpec emit(Union union) {
        TypeSpec.Builder type = Docs.published(TypeSpec.interfaceBuilder(union.name())
                .addModifiers(Modifier.PUBLIC, Modifier.SEALED)
                .addJavadoc(Docs.of(union.doc(), "A " + Docs.words(union.name()) + ".", union.source())));
        for (Arm arm : union.arms()) {
            type.addPermittedSubclass(arm(union, arm)).addType(record(union, arm));
        }
        return type.build();
    }

    /** The record of an arm. */
    static ClassName arm(Union union, Arm arm) {
        return JavaNames.of(union).nestedClass(Names.upper(arm.field().name()));
    }

    private static TypeSpec record(Union union, Arm arm) {
        Field value = new Field(
                "value", arm.field().type(), arm.field().secret(), arm.field().doc());
        ClassName name = arm(union, arm);
        TypeSpec.Builder type = TypeSpec.recordBuilder(name)
                .addModifiers(Modifier.PUBLIC, Modifier.STATIC)
                .addSuperinterface(JavaNames.of(union))
                .addJavadoc("$L\n", Docs.sentence(arm.field().doc(), "arm " + arm.number()))
                .addJavadoc(Docs.SINCE)
                .recordConstructor(MethodSpec.constructorBuilder()
                        .addParameter(ParameterSpec.builder(JavaNames.type(value.type()), value.name())
                                .build())
                        .build());
        CodeBlock check = RecordEmitter.check(
                value.name(), value.type(), union.name() + "." + arm.field().name());
        if (!check.isEmpty()) {
            type.addMethod(MethodSpec.compactConstructorBuilder()
                    .addModifiers(Modifier.PUBLIC)
                    .addJavadoc("Checks the value.")
                    .addCode(check)
                    .build());
        }
        RecordEmitter.addConstants(type, Role.STRUCT, value);
        RecordEmitter.addMethods(type, name, Role.STRUCT, List.of(value));
        return type.build();
    }
}
