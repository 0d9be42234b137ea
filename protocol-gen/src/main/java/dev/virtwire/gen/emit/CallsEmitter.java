// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.emit;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.MethodSpec;
import com.palantir.javapoet.ParameterizedTypeName;
import com.palantir.javapoet.TypeName;
import com.palantir.javapoet.TypeSpec;
import dev.virtwire.gen.model.Area;
import dev.virtwire.gen.model.Enumeration;
import dev.virtwire.gen.model.Field;
import dev.virtwire.gen.model.Names;
import dev.virtwire.gen.model.Procedure;
import dev.virtwire.gen.model.Struct;
import dev.virtwire.gen.model.Struct.Role;
import dev.virtwire.gen.model.Type;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import javax.lang.model.element.Modifier;
import org.jspecify.annotations.Nullable;

/**
 * The calls of an area as methods; a procedure that opens a stream gives its reply and the stream. A method asks for
 * what a caller can choose: an enum's constant in place of its number, and no flags where libvirt has none.
 */
final class CallsEmitter {
    private final JavaNames names;

    CallsEmitter(JavaNames names) {
        this.names = names;
    }

    TypeSpec emit(Area area) {
        TypeSpec.Builder type = Docs.published(TypeSpec.classBuilder(area.name() + "Calls")
                .addModifiers(Modifier.PUBLIC, Modifier.FINAL)
                .addJavadoc("""
                        The calls of {@link $1T}, one method each. Each future completes as {@link $2T#call} says.

                        <p>If libvirt has no flags yet for a call, none are asked for: they are 0. What only a newer server
                        knows is said by the record of a call's arguments, through {@link $2T#call}.
                        """, names.own(ProceduresEmitter.className(area)), JavaNames.CALLER)
                .addField(JavaNames.CALLER, "caller", Modifier.PRIVATE, Modifier.FINAL)
                .addMethod(MethodSpec.constructorBuilder()
                        .addJavadoc("Calls by way of {@code caller}.")
                        .addModifiers(Modifier.PUBLIC)
                        .addParameter(JavaNames.CALLER, "caller")
                        .addStatement("this.caller = caller")
                        .build()));
        for (Procedure procedure : area.procedures()) {
            type.addMethod(plain(procedure)).addMethod(withOptions(area, procedure));
        }
        return type.build();
    }

    private static MethodSpec plain(Procedure procedure) {
        CodeBlock arguments = CodeBlock.join(
                asked(procedure.arguments()).stream()
                        .map(field -> CodeBlock.of("$L", field.name()))
                        .toList(),
                ", ");
        return method(procedure)
                .addStatement(
                        "return $L($L$L$T.DEFAULT)",
                        Names.lower(procedure.name()),
                        arguments,
                        arguments.isEmpty() ? "" : ", ",
                        JavaNames.CALL_OPTIONS)
                .build();
    }

    private MethodSpec withOptions(Area area, Procedure procedure) {
        Struct arguments = procedure.arguments();
        CodeBlock value = arguments == null
                ? CodeBlock.of("null")
                : CodeBlock.of("new $T($L)", JavaNames.of(arguments), values(arguments));
        CodeBlock constant =
                CodeBlock.of("$T.$L", names.own(ProceduresEmitter.className(area)), Names.constant(procedure.name()));
        MethodSpec.Builder method = method(procedure).addParameter(JavaNames.CALL_OPTIONS, "callOptions");
        String verb = ProceduresEmitter.stream(procedure) == null ? "call" : "open";
        return method.addStatement("return caller.$L($L, $L, callOptions)", verb, constant, value)
                .build();
    }

    private static MethodSpec.Builder method(Procedure procedure) {
        TypeName future = ParameterizedTypeName.get(ClassName.get(CompletableFuture.class), outcome(procedure));
        List<Field> fields = asked(procedure.arguments());
        MethodSpec.Builder method = MethodSpec.methodBuilder(Names.lower(procedure.name()))
                .addJavadoc(
                        Docs.of(procedure.doc(), Names.upper(Docs.words(procedure.name())) + ".", procedure.source()))
                .addJavadoc("$L", Docs.files(procedure))
                .addJavadoc("$L\n", Docs.function(procedure.function()))
                .addJavadoc(Docs.parameters(fields))
                .addJavadoc("@since libvirt $L\n", procedure.since())
                .addModifiers(Modifier.PUBLIC)
                .returns(future);
        for (Field field : fields) {
            method.addParameter(
                    isChoice(field) ? JavaNames.of(enumeration(field)) : JavaNames.field(Role.ARGUMENTS, field),
                    field.name());
        }
        return method;
    }

    private static TypeName outcome(Procedure procedure) {
        TypeName reply = ProceduresEmitter.bodyType(procedure.result());
        ClassName stream = ProceduresEmitter.stream(procedure);
        return stream == null ? reply : ParameterizedTypeName.get(JavaNames.OPENED, reply, stream);
    }

    /** What the record of the arguments is made of. */
    private static CodeBlock values(Struct arguments) {
        return CodeBlock.join(
                arguments.fields().stream().map(CallsEmitter::value).toList(), ", ");
    }

    private static CodeBlock value(Field field) {
        if (isWithoutChoice(field)) {
            return CodeBlock.of("0");
        }
        return CodeBlock.of(isChoice(field) ? "$L.value()" : "$L", field.name());
    }

    /** What a method asks for. */
    private static List<Field> asked(@Nullable Struct arguments) {
        return arguments == null
                ? List.of()
                : arguments.fields().stream()
                        .filter(field -> !isWithoutChoice(field))
                        .toList();
    }

    /** Flags of which the tables name none: libvirt takes 0 and nothing else. */
    private static boolean isWithoutChoice(Field field) {
        return field.name().equals("flags") && field.type() == Type.Scalar.UINT;
    }

    /** One of several constants. An enum of one constant names a special value among all numbers. */
    private static boolean isChoice(Field field) {
        return field.type() instanceof Type.Coded coded
                && !coded.enumeration().flags()
                && coded.enumeration().constants().size() > 1;
    }

    private static Enumeration enumeration(Field field) {
        return ((Type.Coded) field.type()).enumeration();
    }
}
