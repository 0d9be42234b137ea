// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.protocol;

import dev.virtwire.xdr.XdrCodec;
import dev.virtwire.xdr.XdrReader;
import dev.virtwire.xdr.XdrWriter;

/**
 * No bytes: the arguments or the result of a procedure that has none.
 *
 * @since 0.1
 */
public final class VoidCodec implements XdrCodec<Void> {
    /** The codec. */
    public static final VoidCodec INSTANCE = new VoidCodec();

    private VoidCodec() {}

    @Override
    public void encode(XdrWriter writer, Void value) {}

    @Override
    @SuppressWarnings("NullAway") // Void has no other value than null.
    public Void decode(XdrReader reader) {
        return null;
    }
}
