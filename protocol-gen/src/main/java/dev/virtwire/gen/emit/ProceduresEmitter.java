// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.emit;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.FieldSpec;
import com.palantir.javapoet.MethodSpec;
import com.palantir.javapoet.ParameterizedTypeName;
import com.palantir.javapoet.TypeName;
import com.palantir.javapoet.TypeSpec;
import com.palantir.javapoet.WildcardTypeName;
import dev.virtwire.gen.model.Area;
import dev.virtwire.gen.model.Event;
import dev.virtwire.gen.model.Names;
import dev.virtwire.gen.model.Procedure;
import dev.virtwire.gen.model.Program;
import dev.virtwire.gen.model.Struct;
import dev.virtwire.gen.model.Type.Coded;
import java.util.ArrayList;
import java.util.List;
import javax.lang.model.element.Modifier;
import org.jspecify.annotations.Nullable;

/** The procedures and messages of an area as constants. */
final class ProceduresEmitter {
    private static final WildcardTypeName ANY = WildcardTypeName.subtypeOf(Object.class);

    private static final String SPARSE_FLAG = "sparseStream";

    private final Program program;
    private final JavaNames names;

    ProceduresEmitter(Program program, JavaNames names) {
        this.program = program;
        this.names = names;
    }

    static String className(Area area) {
        return area.name() + "Procedures";
    }

    TypeSpec emit(Area area) {
        TypeSpec.Builder type = Docs.published(TypeSpec.classBuilder(className(area))
                .addModifiers(Modifier.PUBLIC, Modifier.FINAL)
                .addJavadoc(
                        "$L\n", Docs.text(area.doc(), "Area " + area.name() + " of program " + program.name() + ".")));
        List<CodeBlock> procedures = new ArrayList<>();
        List<CodeBlock> events = new ArrayList<>();
        for (Procedure procedure : area.procedures()) {
            type.addField(procedure(procedure));
            procedures.add(CodeBlock.of(
                    procedure.stream() == Procedure.Stream.NONE ? "$L" : "$L.call()",
                    Names.constant(procedure.name())));
        }
        for (Event event : area.events()) {
            type.addField(event(event));
            events.add(CodeBlock.of("$L", Names.constant(event.name())));
        }
        return type.addMethod(MethodSpec.constructorBuilder()
                        .addModifiers(Modifier.PRIVATE)
                        .build())
                .addMethod(all(
                        "procedures",
                        "All procedures of this area.",
                        ParameterizedTypeName.get(JavaNames.PROCEDURE, ANY, ANY),
                        procedures))
                .addMethod(all(
                        "events",
                        "All messages of this area.",
                        ParameterizedTypeName.get(JavaNames.EVENT_MESSAGE, ANY),
                        events))
                .build();
    }

    private static MethodSpec all(String name, String doc, TypeName of, List<CodeBlock> constants) {
        return MethodSpec.methodBuilder(name)
                .addJavadoc(doc)
                .addModifiers(Modifier.PUBLIC, Modifier.STATIC)
                .returns(ParameterizedTypeName.get(ClassName.get(List.class), of))
                .addStatement("return $T.of($L)", List.class, CodeBlock.join(constants, ",\n"))
                .build();
    }

    private FieldSpec procedure(Procedure procedure) {
        TypeName arguments = bodyType(procedure.arguments());
        TypeName result = bodyType(procedure.result());
        ClassName stream = stream(procedure);
        CodeBlock call = CodeBlock.of(
                "new $T<>($L, $L, $L, $S, $S, $L, $T.$L, $L, $L, $L)",
                JavaNames.PROCEDURE,
                number(),
                program.version(),
                procedure.number(),
                procedure.name(),
                procedure.since(),
                procedure.urgent(),
                JavaNames.STREAM_DIRECTION,
                procedure.stream(),
                procedure.fds() != Procedure.Fds.NONE,
                codec(procedure.arguments()),
                codec(procedure.result()));
        FieldSpec.Builder constant = stream == null
                ? constant(ParameterizedTypeName.get(JavaNames.PROCEDURE, arguments, result), procedure.name())
                        .initializer(call)
                : constant(
                                ParameterizedTypeName.get(JavaNames.STREAM_PROCEDURE, arguments, result, stream),
                                procedure.name())
                        .initializer(
                                "new $T<>($L, $L, stream -> stream)",
                                JavaNames.STREAM_PROCEDURE,
                                call,
                                sparse(procedure));
        return constant.addJavadoc(doc(procedure)).build();
    }

    /** The class of a procedure's stream; null if it opens none. */
    static @Nullable ClassName stream(Procedure procedure) {
        return switch (procedure.stream()) {
            case NONE -> null;
            case SENDS -> JavaNames.WRITABLE_STREAM;
            case RECEIVES -> JavaNames.READABLE_STREAM;
            case BOTH -> JavaNames.DUPLEX_STREAM;
        };
    }

    /** Whether there are holes: a table marks the procedure, and the flag of that name among its arguments decides. */
    private static CodeBlock sparse(Procedure procedure) {
        Struct arguments = procedure.arguments();
        if (!procedure.sparse() || arguments == null) {
            return CodeBlock.of("$T.dense()", JavaNames.STREAM_PROCEDURE);
        }
        return arguments.fields().stream()
                .filter(field -> field.type() instanceof Coded coded
                        && coded.enumeration().flags()
                        && coded.enumeration().constants().stream()
                                .anyMatch(constant -> constant.name().equals(SPARSE_FLAG)))
                .findFirst()
                .map(field -> CodeBlock.of(
                        "arguments -> arguments.$L().contains($T.$L)",
                        field.name(),
                        JavaNames.of(((Coded) field.type()).enumeration()),
                        Names.constant(SPARSE_FLAG)))
                .orElse(CodeBlock.of("$T.dense()", JavaNames.STREAM_PROCEDURE));
    }

    private FieldSpec event(Event event) {
        TypeName type = ParameterizedTypeName.get(JavaNames.EVENT_MESSAGE, bodyType(event.body()));
        CodeBlock doc = CodeBlock.of(
                "$L$L\n@since libvirt $L\n",
                Docs.of(event.doc(), Names.upper(Docs.words(event.name())) + ".", event.source()),
                Docs.function(event.function()),
                event.since());
        return constant(type, event.name())
                .addJavadoc(doc)
                .initializer(
                        "new $T<>($L, $L, $L, $S, $S, $L)",
                        JavaNames.EVENT_MESSAGE,
                        number(),
                        program.version(),
                        event.number(),
                        event.name(),
                        event.since(),
                        codec(event.body()))
                .build();
    }

    /** What the table says about a procedure, its line, the function and the version. */
    static CodeBlock doc(Procedure procedure) {
        return CodeBlock.of(
                "$L$L$L\n@since libvirt $L\n",
                Docs.of(procedure.doc(), Names.upper(Docs.words(procedure.name())) + ".", procedure.source()),
                Docs.files(procedure),
                Docs.function(procedure.function()),
                procedure.since());
    }

    private static FieldSpec.Builder constant(TypeName type, String name) {
        return FieldSpec.builder(type, Names.constant(name), Modifier.PUBLIC, Modifier.STATIC, Modifier.FINAL);
    }

    private CodeBlock codec(@Nullable Struct body) {
        return CodeBlock.of("$T.INSTANCE", body == null ? JavaNames.VOID_CODEC : names.codec(body));
    }

    static TypeName bodyType(@Nullable Struct body) {
        return body == null ? ClassName.get(Void.class) : JavaNames.of(body);
    }

    private String number() {
        return "0x" + Integer.toHexString(program.number());
    }
}
