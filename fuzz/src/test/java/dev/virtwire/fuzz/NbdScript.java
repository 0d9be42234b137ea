// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.fuzz;

import dev.virtwire.nbd.NbdAddress;
import dev.virtwire.nbd.NbdConnection;
import dev.virtwire.nbd.NbdExport.Replies;
import dev.virtwire.nbd.NbdOptions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** What a sensible NBD server says, as seeds and as the way to the transmission phase. */
final class NbdScript {
    static final String CONTEXT = NbdOptions.BASE_ALLOCATION;
    static final int CONTEXT_ID = 100;
    static final long SIZE = 1 << 20;

    private static final int ACK = 1;
    private static final int UNSUPPORTED = 0x8000_0001;
    private static final NbdAddress ADDRESS = new NbdAddress.Tcp("server", 10809);

    private NbdScript() {}

    /** Opens a connection over the channel, with time limits that only a hang can reach. */
    static NbdConnection open(ScriptedChannel channel) {
        NbdOptions options = NbdOptions.DEFAULT
                .withMetaContexts(CONTEXT)
                .withConnectTimeout(Duration.ofMinutes(5))
                .withRequestTimeout(Duration.ofMinutes(5))
                .withTransport((address, timeout) -> channel);
        return NbdConnection.open(ADDRESS, "disk", options);
    }

    static byte[] negotiation(Replies kind) {
        Bytes bytes = new Bytes().text("NBDMAGICIHAVEOPT").u16(3);
        reply(bytes, 11, kind == Replies.EXTENDED ? ACK : UNSUPPORTED, new byte[0]);
        if (kind != Replies.EXTENDED) {
            reply(bytes, 8, kind == Replies.STRUCTURED ? ACK : UNSUPPORTED, new byte[0]);
        }
        if (kind != Replies.SIMPLE) {
            reply(bytes, 10, 4, new Bytes().u32(CONTEXT_ID).text(CONTEXT).done());
            reply(bytes, 10, ACK, new byte[0]);
        }
        reply(bytes, 7, 3, new Bytes().u16(0).u64(SIZE).u16(0x103).done());
        reply(bytes, 7, 3, new Bytes().u16(3).u32(1, 4096, 1 << 20).done());
        reply(bytes, 7, ACK, new byte[0]);
        return bytes.done();
    }

    /** A refusal with a text, after which the client asks what there is. */
    static byte[] refusal() {
        Bytes bytes = new Bytes().text("NBDMAGICIHAVEOPT").u16(3);
        reply(bytes, 11, UNSUPPORTED, "no".getBytes(StandardCharsets.UTF_8));
        reply(bytes, 8, ACK, new byte[0]);
        reply(bytes, 10, UNSUPPORTED, new byte[0]);
        reply(bytes, 7, 0x8000_0006, "no such export".getBytes(StandardCharsets.UTF_8));
        reply(bytes, 3, 2, new Bytes().u32(4).text("vda").u8(0).done());
        reply(bytes, 3, ACK, new byte[0]);
        return bytes.done();
    }

    private static void reply(Bytes bytes, int option, int type, byte[] data) {
        bytes.u64(0x3e889045565a9L).u32(option, type, data.length).raw(data);
    }
}
