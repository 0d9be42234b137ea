// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.xdr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** What each construct looks like on the wire, byte by byte, and how each malformed one is refused. */
class XdrGoldenBytesTest {
    @Test
    void integersAreBigEndianAndEightBytesNeedNoAlignment() {
        assertWritten(
                w -> {
                    w.writeInt(-2, "signed");
                    w.writeUnsignedInt(0xfffffffeL, "unsigned");
                    w.writeInt(7, "before the hyper");
                    w.writeLong(0x0102030405060708L, "hyper");
                    w.writeDouble(1.5, "double");
                },
                "fffffffe", // signed: -2
                "fffffffe", // unsigned: 4294967294
                "00000007", // before the hyper
                "0102030405060708", // hyper, at offset 12
                "3ff8000000000000"); // double: 1.5
    }

    @Test
    void aCharOfAnyKindTakesFourBytes() {
        assertWritten(
                w -> {
                    w.writeChar(-1, "char");
                    w.writeUnsignedChar(200, "unsigned char");
                    w.writeUnsignedShort(65535, "unsigned short");
                    w.writeFixedChars(new byte[] {'k', 'v'}, 2, "char[2]");
                    w.writeChars(new byte[] {'a', 0}, 256, "char<256>, its NUL counted");
                },
                "ffffffff", // char: -1, sign-extended
                "000000c8", // unsigned char: 200
                "0000ffff", // unsigned short: 65535
                "0000006b00000076", // char[2]: "kv"
                "00000002", // char<256>: 2 elements
                "00000061", // 'a'
                "00000000"); // NUL
    }

    @Test
    void stringsAndOpaquesArePaddedToFourBytes() {
        assertWritten(
                w -> {
                    w.writeString("web1é", 100, "string");
                    w.writeOpaque(new byte[] {1, 2, 3}, 16, "opaque");
                    w.writeFixedOpaque(new byte[] {4, 5}, 2, "opaque[2]");
                    w.writeUuid(UUID.fromString("00112233-4455-6677-8899-aabbccddeeff"), "uuid");
                },
                "00000006", // string: 6 bytes of UTF-8
                "77656231c3a9", // "web1é"
                "0000", // padding
                "00000003", // opaque: 3 bytes
                "010203",
                "00", // padding
                "0405", // opaque[2]
                "0000", // padding
                "00112233445566778899aabbccddeeff"); // uuid
    }

    @Test
    void anOptionalIsMarkedByOneOrZero() {
        assertWritten(
                w -> {
                    w.writeOptional(true, "present");
                    w.writeOptional(false, "absent");
                    w.writeArrayLength(2, 64, "array");
                },
                "00000001", // present
                "00000000", // absent
                "00000002"); // array: 2 elements
    }

    @Test
    void signExtendedCharsKeepTheirLowByte() {
        assertThat(this.<Integer>read("ffffff80", r -> r.readChar("state"))).isEqualTo(-128);
        assertThat(this.<Integer>read("ffffff80", r -> r.readUnsignedChar("state")))
                .isEqualTo(128);
        assertThat(this.<Integer>read("ffffffff", r -> r.readUnsignedShort("vcpus")))
                .isEqualTo(65535);
    }

    @Test
    void truncatedValuesNameTheFieldAndTheBytesLeft() {
        assertRefused("0000", r -> r.readInt("serial"), "serial: truncated, needs 4 bytes and 2 are left");
        assertRefused("00000000", r -> r.readLong("offset"), "offset: truncated, needs 8 bytes and 4 are left");
        assertRefused("", r -> r.readDouble("load"), "load: truncated, needs 8 bytes and 0 are left");
        assertRefused("00000000", r -> r.readUuid("uuid"), "uuid: truncated, needs 16 bytes and 4 are left");
        assertRefused(
                "00000005" + "77656231",
                r -> r.readString(100, "name"),
                "name: truncated, needs 8 bytes and 4 are left");
        assertRefused(
                "00000003" + "010203", r -> r.readOpaque(16, "data"), "data: truncated, needs 4 bytes and 3 are left");
        assertRefused("0102", r -> r.readFixedOpaque(3, "salt"), "salt: truncated, needs 4 bytes and 2 are left");
        assertRefused("00000061", r -> r.readFixedChars(2, "model"), "model: truncated, needs 8 bytes and 4 are left");
    }

    @Test
    void aLengthOverItsBoundIsRefusedBeforeAnythingIsAllocated() {
        assertRefused(
                "ffffffff", r -> r.readString(4194304, "xml"), "xml: 4294967295 bytes exceed the bound of 4194304");
        assertRefused("7fffffff", r -> r.readOpaque(65536, "data"), "data: 2147483647 bytes exceed the bound of 65536");
        assertRefused(
                "00004001",
                r -> r.readArrayLength(16384, 24, "domains"),
                "domains: 16385 elements exceed the bound of 16384");
        assertRefused("00000101", r -> r.readChars(256, "label"), "label: 257 elements exceed the bound of 256");
    }

    @Test
    void aCountThatTheBytesLeftCannotHoldIsRefused() {
        assertRefused(
                "00004000" + "00000000",
                r -> r.readArrayLength(16384, 24, "domains"),
                "domains: truncated, needs 393216 bytes and 4 are left");
    }

    @Test
    void anOptionalMarkerOtherThanZeroAndOneIsRefused() {
        assertRefused("00000002", r -> r.readOptional("cursor"), "cursor: optional marker is 2, neither 0 nor 1");
    }

    @Test
    void bytesLeftOverAreReported() {
        assertRefused(
                "00000000",
                r -> {
                    r.expectEnd("reply of DomainGetInfo");
                    return 0;
                },
                "reply of DomainGetInfo: 4 bytes left over at the end");
    }

    @Test
    void valuesOutsideTheirTypeAreNotWritten() {
        assertNotWritten(w -> w.writeUnsignedInt(-1, "flags"), "flags: -1 is outside 0 to 4294967295");
        assertNotWritten(w -> w.writeUnsignedChar(256, "state"), "state: 256 is outside 0 to 255");
        assertNotWritten(w -> w.writeChar(128, "type"), "type: 128 is outside -128 to 127");
        assertNotWritten(w -> w.writeUnsignedShort(65536, "vcpus"), "vcpus: 65536 is outside 0 to 65535");
        assertNotWritten(w -> w.writeString("abc", 2, "key"), "key: 3 bytes exceed the bound of 2");
        assertNotWritten(w -> w.writeString("a\0b", 9, "name"), "name: a NUL character at position 1");
        assertNotWritten(w -> w.writeString("a\0b", 2, "name"), "name: a NUL character at position 1");
        assertNotWritten(w -> w.writeString("a\ud83d", 9, "name"), "name: half a surrogate pair at position 1");
        assertNotWritten(
                w -> w.writeString("\ud83d\ud83d\ude00", 9, "name"), "name: half a surrogate pair at position 0");
        assertNotWritten(w -> w.writeString("ab\ude00", 9, "name"), "name: half a surrogate pair at position 2");
        assertNotWritten(w -> w.writeString("\ud83d\ude00", 3, "name"), "name: 4 bytes exceed the bound of 3");
        assertNotWritten(w -> w.writeString("\u20ac\u00e4", 4, "name"), "name: 5 bytes exceed the bound of 4");
        assertNotWritten(w -> w.writeOpaque(new byte[3], 2, "data"), "data: 3 bytes exceed the bound of 2");
        assertNotWritten(w -> w.writeFixedOpaque(new byte[3], 4, "salt"), "salt: 3 bytes where 4 are needed");
        assertNotWritten(w -> w.writeFixedChars(new byte[3], 4, "model"), "model: 3 chars where 4 are needed");
        assertNotWritten(w -> w.writeArrayLength(65, 64, "params"), "params: 65 elements exceed the bound of 64");
    }

    private void assertWritten(Consumer<XdrWriter> write, String... hex) {
        ByteBuf buffer = Unpooled.buffer();
        write.accept(new XdrWriter(buffer));
        assertThat(ByteBufUtil.hexDump(buffer)).isEqualTo(String.join("", hex));
        buffer.release();
    }

    private void assertNotWritten(Consumer<XdrWriter> write, String message) {
        ByteBuf buffer = Unpooled.buffer();
        assertThatThrownBy(() -> write.accept(new XdrWriter(buffer)))
                .isInstanceOf(XdrException.class)
                .hasMessage(message);
        assertThat(buffer.readableBytes()).isZero();
        buffer.release();
    }

    private <T> T read(String hex, Function<XdrReader, T> read) {
        ByteBuf buffer = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(hex));
        try {
            return read.apply(new XdrReader(buffer));
        } finally {
            buffer.release();
        }
    }

    private void assertRefused(String hex, Function<XdrReader, Object> read, String message) {
        assertThatThrownBy(() -> read(hex, read))
                .isInstanceOf(XdrException.class)
                .hasMessage(message);
    }
}
