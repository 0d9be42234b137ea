// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.protocol;

import dev.virtwire.xdr.XdrCodec;
import dev.virtwire.xdr.XdrReader;
import dev.virtwire.xdr.XdrWriter;

/** The bytes of a message's body as they are, of a procedure that no table has. */
final class BytesCodec implements XdrCodec<byte[]> {
    static final BytesCodec INSTANCE = new BytesCodec();

    private BytesCodec() {}

    @Override
    public void encode(XdrWriter writer, byte[] value) {
        writer.writeFixedOpaque(value, value.length, "body");
    }

    @Override
    public byte[] decode(XdrReader reader) {
        return reader.readFixedOpaque(reader.remaining(), "body");
    }
}
