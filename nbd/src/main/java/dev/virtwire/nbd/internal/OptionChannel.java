// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd.internal;

import dev.virtwire.nbd.NbdAddress;
import dev.virtwire.nbd.NbdException;
import dev.virtwire.nbd.NbdTls;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Sends options and receives the replies to them, and words what the server refuses. */
public final class OptionChannel {
    /** A name and a description, with room for their lengths. */
    private static final int MAX_REPLY = 2 * Wire.MAX_STRING + 64;

    private static final int MAX_LISTED = 10;

    private ByteChannel channel;
    private WireInput in;

    public OptionChannel(ByteChannel channel) {
        this.channel = channel;
        this.in = new WireInput(channel);
    }

    public ByteChannel channel() {
        return channel;
    }

    public WireInput input() {
        return in;
    }

    public void sendFlags(int flags) throws IOException {
        write(ByteBuffer.allocate(4).putInt(flags));
    }

    /** An option without data. */
    public void send(int option) throws IOException {
        write(header(option, 0));
    }

    /** NBD_OPT_GO, asking for the block sizes. */
    public void sendGo(String exportName) throws IOException {
        byte[] name = encode("export name", exportName);
        write(header(Wire.OPT_GO, 4 + name.length + 4)
                .putInt(name.length)
                .put(name)
                .putShort((short) 1)
                .putShort((short) Wire.INFO_BLOCK_SIZE));
    }

    /** NBD_OPT_SET_META_CONTEXT or NBD_OPT_LIST_META_CONTEXT. */
    public void sendQueries(int option, String exportName, List<String> queries) throws IOException {
        byte[] name = encode("export name", exportName);
        List<byte[]> encoded = new ArrayList<>();
        int length = 4 + name.length + 4;
        for (String query : queries) {
            byte[] bytes = encode("meta context", query);
            encoded.add(bytes);
            length += 4 + bytes.length;
        }
        ByteBuffer message =
                header(option, length).putInt(name.length).put(name).putInt(queries.size());
        for (byte[] query : encoded) {
            message.putInt(query.length).put(query);
        }
        write(message);
    }

    /** Receives the header of the next reply to {@code option}. */
    public OptionReply receive(int option) throws IOException {
        in.beginMessage(20);
        long magic = in.takeLong();
        if (magic != Wire.OPTION_REPLY_MAGIC) {
            throw WireException.protocol(
                    String.format("the reply to %s begins with 0x%016x", OptionReply.optionName(option), magic));
        }
        int answered = in.takeInt();
        OptionReply reply = new OptionReply(option, in.takeInt(), in.takeInt());
        if (answered != option) {
            throw WireException.protocol("it answers " + OptionReply.optionName(answered) + " when asked for "
                    + OptionReply.optionName(option));
        }
        if (reply.length() < 0 || reply.length() > MAX_REPLY) {
            throw WireException.protocol("the reply to " + OptionReply.optionName(option) + " has "
                    + Integer.toUnsignedString(reply.length()) + " bytes");
        }
        return reply;
    }

    /** Puts TLS on the channel. */
    public void startTls(NbdTls tls, NbdAddress address) throws IOException {
        if (in.hasBuffered()) {
            // Would be taken for something that came through TLS.
            throw WireException.protocol("it sent data between its consent to TLS and the TLS handshake");
        }
        boolean done = false;
        try {
            channel = tls.start(channel, address);
            in = new WireInput(channel);
            done = true;
        } finally {
            if (!done) {
                // Not even a goodbye goes out in the clear.
                Closing.close(channel);
            }
        }
    }

    /** What a refusal means, in a sentence. Reads the reply's data, and the list of exports if that helps. */
    public WireException refusal(OptionReply reply, String exportName) throws IOException {
        String option = OptionReply.optionName(reply.option());
        if (!reply.isError()) {
            return WireException.protocol("a reply of type " + reply.type() + " to " + option);
        }
        String said = in.readText(reply.length());
        String quoted = said.isEmpty() ? "" : ": \"" + said + "\"";
        return WireException.refused(
                switch (reply.type()) {
                    case Wire.REP_ERR_UNSUP -> "the server does not know " + option + quoted;
                    case Wire.REP_ERR_POLICY -> "the server's policy forbids " + option + quoted;
                    case Wire.REP_ERR_INVALID -> "the server calls " + option + " invalid" + quoted;
                    case Wire.REP_ERR_PLATFORM -> "the server's platform lacks " + option + quoted;
                    case Wire.REP_ERR_TLS_REQD -> "the server requires TLS" + quoted;
                    case Wire.REP_ERR_UNKNOWN ->
                        "the server has no export \"" + exportName + "\"" + quoted + otherExports();
                    case Wire.REP_ERR_SHUTDOWN -> "the server is shutting down" + quoted;
                    case Wire.REP_ERR_BLOCK_SIZE_REQD -> "the server insists on its block sizes" + quoted;
                    case Wire.REP_ERR_TOO_BIG -> "the server finds " + option + " too big" + quoted;
                    case Wire.REP_ERR_EXT_HEADER_REQD -> "the server requires extended headers" + quoted;
                    default ->
                        "the server answers " + option + " with error 0x" + Integer.toHexString(reply.type()) + quoted;
                });
    }

    /** The exports that the server has, if it tells. */
    private String otherExports() {
        try {
            return listExports();
        } catch (IOException e) {
            // The refusal counts, not what the server does after it.
            Closing.ignored(e);
            return "";
        }
    }

    private String listExports() throws IOException {
        List<String> names = new ArrayList<>();
        boolean more = false;
        send(Wire.OPT_LIST);
        OptionReply reply = receive(Wire.OPT_LIST);
        while (reply.type() == Wire.REP_SERVER) {
            reply.requireLength(4, MAX_REPLY);
            in.require(4);
            int length = in.takeInt();
            if (length < 0 || length > reply.length() - 4) {
                throw WireException.protocol("the name of a listed export has " + Integer.toUnsignedString(length)
                        + " bytes in a reply of " + reply.length());
            }
            String name = in.readText(length);
            in.skip(reply.length() - 4 - length);
            if (names.size() < MAX_LISTED) {
                names.add('"' + name + '"');
            } else {
                more = true;
            }
            reply = receive(Wire.OPT_LIST);
        }
        in.skip(reply.length());
        if (reply.type() != Wire.REP_ACK || names.isEmpty()) {
            return "";
        }
        return "; it has " + String.join(", ", names) + (more ? " and others" : "");
    }

    /** Takes leave of the server, which may answer or not, and closes the channel. */
    public void abort() {
        try {
            send(Wire.OPT_ABORT);
        } catch (IOException e) {
            // There was nobody left to say goodbye to.
            Closing.ignored(e);
        }
        Closing.close(channel);
    }

    private static ByteBuffer header(int option, int length) {
        return ByteBuffer.allocate(16 + length)
                .putLong(Wire.OPTION_MAGIC)
                .putInt(option)
                .putInt(length);
    }

    private static byte[] encode(String what, String text) throws WireException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > Wire.MAX_STRING) {
            throw new WireException(
                    NbdException.Kind.INVALID,
                    "the " + what + " has " + bytes.length + " bytes, more than the protocol's " + Wire.MAX_STRING);
        }
        if (text.indexOf('\0') >= 0) {
            throw new WireException(NbdException.Kind.INVALID, "the " + what + " contains a NUL");
        }
        return bytes;
    }

    private void write(ByteBuffer message) throws IOException {
        message.flip();
        while (message.hasRemaining()) {
            channel.write(message);
        }
    }
}
