// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.emit;

import com.palantir.javapoet.AnnotationSpec;
import com.palantir.javapoet.ArrayTypeName;
import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.ParameterizedTypeName;
import com.palantir.javapoet.TypeName;
import dev.virtwire.gen.model.Enumeration;
import dev.virtwire.gen.model.Field;
import dev.virtwire.gen.model.Program;
import dev.virtwire.gen.model.Struct;
import dev.virtwire.gen.model.Struct.Role;
import dev.virtwire.gen.model.Type;
import dev.virtwire.gen.model.Type.Array;
import dev.virtwire.gen.model.Type.Coded;
import dev.virtwire.gen.model.Type.Maybe;
import dev.virtwire.gen.model.Type.Scalar;
import dev.virtwire.gen.model.Type.Text;
import dev.virtwire.gen.model.Union;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** Which Java type stands for what. */
final class JavaNames {
    static final AnnotationSpec NULLABLE = AnnotationSpec.builder(ClassName.get("org.jspecify.annotations", "Nullable"))
            .build();
    static final ClassName CODEC = ClassName.get("dev.virtwire.xdr", "XdrCodec");
    static final ClassName READER = ClassName.get("dev.virtwire.xdr", "XdrReader");
    static final ClassName WRITER = ClassName.get("dev.virtwire.xdr", "XdrWriter");
    static final ClassName FLAG_SET = ClassName.get("dev.virtwire.xdr", "FlagSet");
    static final ClassName VALUES = ClassName.get("dev.virtwire.xdr", "XdrValues");
    static final ClassName XDR_EXCEPTION = ClassName.get("dev.virtwire.xdr", "XdrException");
    static final ClassName PROCEDURE = handwritten("Procedure");
    static final ClassName EVENT_MESSAGE = handwritten("EventMessage");
    static final ClassName STREAM_DIRECTION = handwritten("StreamDirection");
    static final ClassName STREAM_PROCEDURE = handwritten("StreamProcedure");
    static final ClassName VOID_CODEC = handwritten("VoidCodec");
    static final ClassName CALLER = handwritten("Caller");
    static final ClassName CALL_OPTIONS = ClassName.get("dev.virtwire.protocol", "CallOptions");

    static final ClassName OPENED = stream("Opened");
    static final ClassName READABLE_STREAM = stream("ReadableStream");
    static final ClassName WRITABLE_STREAM = stream("WritableStream");
    static final ClassName DUPLEX_STREAM = stream("DuplexStream");

    /** Under it each program has its package; what is written by hand is right in it. */
    private static final String ROOT = "dev.virtwire.protocol";

    private final String program;

    JavaNames(Program program) {
        this.program = program.name();
    }

    static ClassName handwritten(String name) {
        return ClassName.get(ROOT, name);
    }

    private static ClassName stream(String name) {
        return ClassName.get("dev.virtwire.protocol.stream", name);
    }

    /** The package of the program that is being written. */
    String packageName() {
        return ROOT + "." + program;
    }

    ClassName own(String name) {
        return ClassName.get(packageName(), name);
    }

    static ClassName of(Struct struct) {
        return ClassName.get(ROOT + "." + struct.program(), struct.name());
    }

    static ClassName of(Union union) {
        return ClassName.get(ROOT + "." + union.program(), union.name());
    }

    static ClassName of(Enumeration enumeration) {
        return ClassName.get(ROOT + "." + enumeration.program(), enumeration.name());
    }

    /** The codec of a struct or union: always of the package being written, so that codecs need not be public. */
    ClassName codec(Type type) {
        return own(type.notation() + "Codec");
    }

    /** The Java type of a field: flags are a set in arguments, and their bits in what is read. */
    static TypeName field(Struct.Role role, Field field) {
        return isSet(role, field.type())
                ? ParameterizedTypeName.get(ClassName.get(Set.class), of(((Coded) field.type()).enumeration()))
                : type(field.type());
    }

    static boolean isSet(Struct.Role role, Type type) {
        return role == Role.ARGUMENTS
                && type instanceof Coded coded
                && coded.enumeration().flags();
    }

    static TypeName type(Type type) {
        if (type instanceof Scalar scalar) {
            return scalar(scalar);
        }
        if (type instanceof Text) {
            return ClassName.get(String.class);
        }
        if (type instanceof Struct struct) {
            return of(struct);
        }
        if (type instanceof Union union) {
            return of(union);
        }
        if (type instanceof Coded coded) {
            return coded.enumeration().flags() ? TypeName.LONG : TypeName.INT;
        }
        if (type instanceof Maybe maybe) {
            return type(maybe.of()).box().annotated(NULLABLE);
        }
        if (type instanceof Array array) {
            return ParameterizedTypeName.get(
                    ClassName.get(List.class), type(array.of()).box());
        }
        return ArrayTypeName.of(byte.class);
    }

    private static TypeName scalar(Scalar scalar) {
        return switch (scalar) {
            case INT, CHAR, UCHAR, USHORT -> TypeName.INT;
            case UINT, I64, U64 -> TypeName.LONG;
            case DOUBLE -> TypeName.DOUBLE;
            case UUID -> ClassName.get(UUID.class);
        };
    }
}
