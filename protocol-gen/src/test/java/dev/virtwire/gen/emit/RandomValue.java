// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.emit;

import dev.virtwire.gen.model.Field;
import dev.virtwire.gen.model.Struct;
import dev.virtwire.gen.model.Type;
import dev.virtwire.gen.model.Type.Array;
import dev.virtwire.gen.model.Type.Chars;
import dev.virtwire.gen.model.Type.Coded;
import dev.virtwire.gen.model.Type.Maybe;
import dev.virtwire.gen.model.Type.Opaque;
import dev.virtwire.gen.model.Type.Scalar;
import dev.virtwire.gen.model.Type.Text;
import dev.virtwire.gen.model.Union;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/**
 * Makes random values of generated records, and at the same time writes the bytes that they have to become, from the
 * model alone and without the code under test.
 */
final class RandomValue {
    private final Random random;
    private final ClassLoader classes;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final DataOutputStream out = new DataOutputStream(bytes);

    RandomValue(Random random, ClassLoader classes) {
        this.random = random;
        this.classes = classes;
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }

    Object struct(Struct struct) throws ReflectiveOperationException, IOException {
        List<Object> values = new ArrayList<>();
        for (Field field : struct.fields()) {
            values.add(JavaNames.isSet(struct.role(), field.type()) ? set((Coded) field.type()) : value(field.type()));
        }
        return construct(classes.loadClass(JavaNames.of(struct).reflectionName()), values);
    }

    private Object value(Type type) throws ReflectiveOperationException, IOException {
        if (type instanceof Scalar scalar) {
            return scalar(scalar);
        }
        if (type instanceof Text text) {
            String value = "äb\u20acc".substring(0, random.nextInt(Math.min(4, text.bound() / 3 + 1)));
            byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
            out.writeInt(utf8.length);
            padded(utf8);
            return value;
        }
        if (type instanceof Opaque opaque) {
            byte[] value = bytes(opaque.bound(), opaque.exact());
            if (!opaque.exact()) {
                out.writeInt(value.length);
            }
            padded(value);
            return value;
        }
        if (type instanceof Chars chars) {
            byte[] value = bytes(chars.bound(), chars.exact());
            if (!chars.exact()) {
                out.writeInt(value.length);
            }
            for (byte b : value) {
                out.writeInt(b);
            }
            return value;
        }
        if (type instanceof Coded coded) {
            return coded.enumeration().flags() ? bits(coded) : number(coded);
        }
        if (type instanceof Maybe maybe) {
            boolean present = random.nextBoolean();
            out.writeInt(present ? 1 : 0);
            return present ? value(maybe.of()) : null;
        }
        if (type instanceof Array array) {
            int count = random.nextInt(array.bound() + 1);
            out.writeInt(count);
            List<Object> values = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                values.add(value(array.of()));
            }
            return values;
        }
        return type instanceof Struct struct ? struct(struct) : union((Union) type);
    }

    private Object union(Union union) throws ReflectiveOperationException, IOException {
        Union.Arm arm = union.arms().get(random.nextInt(union.arms().size()));
        out.writeInt(arm.number());
        return construct(
                classes.loadClass(UnionEmitter.arm(union, arm).reflectionName()),
                Arrays.asList(value(arm.field().type())));
    }

    private Object scalar(Scalar scalar) throws IOException {
        long bits = random.nextLong();
        switch (scalar) {
            case INT:
                out.writeInt((int) bits);
                return (int) bits;
            case UINT:
                out.writeInt((int) bits);
                return bits & 0xffff_ffffL;
            case I64:
            case U64:
                out.writeLong(bits);
                return bits;
            case DOUBLE:
                double number = random.nextGaussian();
                out.writeDouble(number);
                return number;
            case CHAR:
                out.writeInt((byte) bits);
                return (int) (byte) bits;
            case UCHAR:
                out.writeInt((int) bits & 0xff);
                return (int) bits & 0xff;
            case USHORT:
                out.writeInt((int) bits & 0xffff);
                return (int) bits & 0xffff;
            default:
                out.writeLong(bits);
                out.writeLong(~bits);
                return new UUID(bits, ~bits);
        }
    }

    private Object number(Coded coded) throws IOException {
        int number = coded.carrier() == Scalar.UCHAR ? random.nextInt(256) : random.nextInt();
        out.writeInt(number);
        return number;
    }

    private Object bits(Coded coded) throws IOException {
        long bits = random.nextInt() & 0xffff_ffffL;
        write(coded, bits);
        return bits;
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private Object set(Coded coded) throws ReflectiveOperationException, IOException {
        Class type = classes.loadClass(JavaNames.of(coded.enumeration()).reflectionName());
        EnumSet set = EnumSet.noneOf(type);
        long bits = 0;
        for (int i = 0; i < type.getEnumConstants().length; i++) {
            if (random.nextBoolean()) {
                set.add(type.getEnumConstants()[i]);
                bits |= coded.enumeration().constants().get(i).number();
            }
        }
        write(coded, bits);
        return set;
    }

    private void write(Coded coded, long bits) throws IOException {
        if (coded.carrier() == Scalar.U64) {
            out.writeLong(bits);
        } else {
            out.writeInt((int) bits);
        }
    }

    private byte[] bytes(int bound, boolean exact) {
        byte[] value = new byte[exact ? bound : random.nextInt(bound + 1)];
        random.nextBytes(value);
        return value;
    }

    private void padded(byte[] value) throws IOException {
        out.write(value);
        out.write(new byte[-value.length & 3]);
    }

    private static Object construct(Class<?> type, List<Object> values) throws ReflectiveOperationException {
        Class<?>[] types = Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getType)
                .toArray(Class<?>[]::new);
        return type.getDeclaredConstructor(types).newInstance(values.toArray());
    }
}
