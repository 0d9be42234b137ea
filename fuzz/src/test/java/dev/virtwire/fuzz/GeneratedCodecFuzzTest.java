// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.virtwire.xdr.XdrCodec;
import dev.virtwire.xdr.XdrException;
import dev.virtwire.xdr.XdrReader;
import dev.virtwire.xdr.XdrWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Two bytes choose a codec, the others are its value. What decodes can be encoded, unless the tables forbid it to be
 * sent, and comes back as the same bytes from then on.
 */
class GeneratedCodecFuzzTest {
    static Stream<byte[]> seeds() {
        return IntStream.range(0, Codecs.ALL.size()).mapToObj(i -> switch (i % 3) {
            case 0 -> new Bytes().u16(i).raw(new byte[256]).done();
            case 1 ->
                new Bytes()
                        .u16(i)
                        .u32(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)
                        .done();
            default ->
                new Bytes()
                        .u16(i)
                        .string("web1")
                        .u64(1, 2)
                        .u32(7, 1, 2)
                        .string("vda")
                        .u32(1, 1, 1)
                        .done();
        });
    }

    @Test
    void everyAreaIsATarget() {
        assertThat(Codecs.PROCEDURES).hasSizeGreaterThan(100);
        assertThat(Codecs.EVENTS).hasSizeGreaterThan(8);
    }

    @MethodSource("seeds")
    @FuzzTest
    void decodes(byte[] input) {
        if (input.length < 2) {
            return;
        }
        int chosen = ((input[0] & 0xff) << 8 | input[1] & 0xff) % Codecs.ALL.size();
        Codecs.Named target = Codecs.ALL.get(chosen);
        roundTrip(target.name(), target.codec(), Arrays.copyOfRange(input, 2, input.length));
    }

    private static <T> void roundTrip(String name, XdrCodec<T> codec, byte[] bytes) {
        byte[] first = again(codec, bytes);
        if (first != null) {
            assertThat(again(codec, first)).as(name).isEqualTo(first);
        }
    }

    /** The encoding of what the bytes mean; null if they mean nothing, or what must not be sent. */
    private static <T> byte[] again(XdrCodec<T> codec, byte[] bytes) {
        ByteBuf in = Unpooled.wrappedBuffer(bytes);
        ByteBuf out = Unpooled.buffer();
        T value;
        try {
            value = codec.decode(new XdrReader(in));
        } catch (XdrException e) {
            return null;
        }
        try {
            codec.encode(new XdrWriter(out), value);
        } catch (XdrException e) {
            return null;
        }
        return ByteBufUtil.getBytes(out);
    }
}
