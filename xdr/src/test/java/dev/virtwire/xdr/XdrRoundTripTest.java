// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.xdr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random sequences of every construct come back as they were written; a cut anywhere is refused, never misread. */
class XdrRoundTripTest {
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233})
    void everySequenceComesBack(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            ByteBuf buffer = Unpooled.buffer();
            List<Consumer<XdrReader>> checks = writeSequence(random, new XdrWriter(buffer));
            assertThat(buffer.readableBytes() % 4)
                    .as("aligned, seed %d round %d", seed, round)
                    .isZero();

            XdrReader whole = new XdrReader(buffer.duplicate());
            checks.forEach(check -> check.accept(whole));
            whole.expectEnd("sequence");

            int cut = random.nextInt(buffer.readableBytes());
            XdrReader part = new XdrReader(buffer.slice(0, cut));
            assertThatThrownBy(() -> checks.forEach(check -> check.accept(part)))
                    .as("cut at %d, seed %d round %d", cut, seed, round)
                    .isInstanceOf(XdrException.class);
            buffer.release();
        }
    }

    private static List<Consumer<XdrReader>> writeSequence(Random random, XdrWriter writer) {
        List<Consumer<XdrReader>> checks = new ArrayList<>();
        int values = 1 + random.nextInt(12);
        for (int i = 0; i < values; i++) {
            checks.add(writeOne(random, writer));
        }
        return checks;
    }

    private static Consumer<XdrReader> writeOne(Random random, XdrWriter writer) {
        switch (random.nextInt(13)) {
            case 0 -> {
                int value = random.nextInt();
                writer.writeInt(value, "f");
                return r -> assertThat(r.readInt("f")).isEqualTo(value);
            }
            case 1 -> {
                long value = random.nextInt() & 0xffff_ffffL;
                writer.writeUnsignedInt(value, "f");
                return r -> assertThat(r.readUnsignedInt("f")).isEqualTo(value);
            }
            case 2 -> {
                long value = random.nextLong();
                writer.writeLong(value, "f");
                return r -> assertThat(r.readLong("f")).isEqualTo(value);
            }
            case 3 -> {
                double value = random.nextDouble();
                writer.writeDouble(value, "f");
                return r -> assertThat(r.readDouble("f")).isEqualTo(value);
            }
            case 4 -> {
                int value = random.nextInt(256);
                writer.writeUnsignedChar(value, "f");
                return r -> assertThat(r.readUnsignedChar("f")).isEqualTo(value);
            }
            case 5 -> {
                int value = random.nextInt(256) - 128;
                writer.writeChar(value, "f");
                return r -> assertThat(r.readChar("f")).isEqualTo(value);
            }
            case 6 -> {
                int value = random.nextInt(65536);
                writer.writeUnsignedShort(value, "f");
                return r -> assertThat(r.readUnsignedShort("f")).isEqualTo(value);
            }
            case 7 -> {
                boolean value = random.nextBoolean();
                writer.writeOptional(value, "f");
                return r -> assertThat(r.readOptional("f")).isEqualTo(value);
            }
            case 8 -> {
                String value = randomString(random);
                writer.writeString(value, 4096, "f");
                return r -> assertThat(r.readString(4096, "f")).isEqualTo(value);
            }
            case 9 -> {
                byte[] value = randomBytes(random);
                writer.writeOpaque(value, 4096, "f");
                return r -> assertThat(r.readOpaque(4096, "f")).isEqualTo(value);
            }
            case 10 -> {
                byte[] value = new byte[1 + random.nextInt(40)];
                random.nextBytes(value);
                writer.writeFixedOpaque(value, value.length, "f");
                return r -> assertThat(r.readFixedOpaque(value.length, "f")).isEqualTo(value);
            }
            case 11 -> {
                byte[] value = randomBytes(random);
                writer.writeChars(value, 4096, "f");
                return r -> assertThat(r.readChars(4096, "f")).isEqualTo(value);
            }
            default -> {
                UUID value = new UUID(random.nextLong(), random.nextLong());
                writer.writeUuid(value, "f");
                return r -> assertThat(r.readUuid("f")).isEqualTo(value);
            }
        }
    }

    private static byte[] randomBytes(Random random) {
        byte[] bytes = new byte[random.nextInt(70)];
        random.nextBytes(bytes);
        return bytes;
    }

    private static String randomString(Random random) {
        StringBuilder text = new StringBuilder();
        int length = random.nextInt(40);
        for (int i = 0; i < length; i++) {
            int codePoint;
            do {
                codePoint = 1 + random.nextInt(random.nextBoolean() ? 0x7f : Character.MAX_CODE_POINT);
            } while (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE);
            text.appendCodePoint(codePoint);
        }
        return text.toString();
    }
}
