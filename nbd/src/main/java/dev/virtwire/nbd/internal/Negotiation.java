// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd.internal;

import dev.virtwire.nbd.NbdException;
import dev.virtwire.nbd.NbdExport;
import dev.virtwire.nbd.NbdOptions;
import dev.virtwire.nbd.NbdTls;
import dev.virtwire.nbd.NbdUri;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The handshake and the options of fixed newstyle, on the caller's thread. Asks for the newest kind of replies first
 * and takes what the server offers.
 */
public final class Negotiation {
    /** What is negotiated, after the magic numbers and TLS. */
    public interface Step {
        void run(Negotiation negotiation) throws IOException;
    }

    /** What is listed is held in memory. */
    private static final int MAX_LISTED = 4096;

    private final NbdUri uri;
    private final OptionChannel options;
    private NbdExport.Replies replies = NbdExport.Replies.SIMPLE;
    private List<String> contexts = List.of();
    private int[] contextIds = new int[0];
    private final List<String> listed = new ArrayList<>();
    private final ExportInfo info = new ExportInfo();

    private Negotiation(NbdUri uri, OptionChannel options) {
        this.uri = uri;
        this.options = options;
    }

    /**
     * Connects, shakes hands and runs {@code step} within the time that the options give.
     *
     * @throws NbdException saying at what it failed
     */
    public static Negotiation run(NbdUri uri, NbdOptions options, Step step) {
        long start = System.nanoTime();
        ByteChannel channel;
        try {
            channel = options.transport().open(uri.address(), options.connectTimeout());
        } catch (IOException e) {
            throw new NbdException(
                    NbdException.Kind.UNREACHABLE, uri, null, null, "cannot connect: " + Failure.messageOf(e), e);
        }
        Deadline deadline = new Deadline(channel, options.connectTimeout().minusNanos(System.nanoTime() - start));
        OptionChannel optionChannel = new OptionChannel(channel);
        boolean done = false;
        try (deadline) {
            Negotiation negotiation = new Negotiation(uri, optionChannel);
            negotiation.shakeHands();
            if (options.tls().isPresent()) {
                negotiation.startTls(options.tls().get());
            }
            step.run(negotiation);
            done = true;
            return negotiation;
        } catch (IOException e) {
            throw failure(e, deadline, options).forRequest(uri, null);
        } finally {
            if (!done) {
                optionChannel.abort();
            }
        }
    }

    private static Failure failure(IOException e, Deadline deadline, NbdOptions options) {
        Failure failure = Failure.of(e);
        if (failure.kind() != NbdException.Kind.DISCONNECTED) {
            return failure;
        }
        if (deadline.hasPassed()) {
            String text = "connecting and negotiating have taken more than " + Deadline.text(options.connectTimeout());
            return new Failure(NbdException.Kind.TIMEOUT, text, e);
        }
        return new Failure(failure.kind(), failure.text() + ", during the negotiation", e);
    }

    /** What the server says of the export. */
    public NbdExport export() {
        return info.toExport(uri.exportName(), contexts, replies);
    }

    /** The ids of the export's contexts, in the same order. */
    public int[] contextIds() {
        return contextIds.clone();
    }

    /** What {@link #listMetaContexts} found. */
    public List<String> listed() {
        return List.copyOf(listed);
    }

    public ByteChannel channel() {
        return options.channel();
    }

    public WireInput input() {
        return options.input();
    }

    private void shakeHands() throws IOException {
        WireInput in = options.input();
        in.beginMessage(18);
        long magic = in.takeLong();
        if (magic != Wire.SERVER_MAGIC) {
            throw WireException.protocol("it begins with " + shown(magic) + ", so it is no NBD server");
        }
        long style = in.takeLong();
        int flags = in.takeUnsignedShort();
        if (style == Wire.OLDSTYLE_MAGIC) {
            throw WireException.refused("the server speaks oldstyle NBD, which has no exports by name");
        }
        if (style != Wire.OPTION_MAGIC) {
            throw WireException.protocol(String.format("its option magic is 0x%016x", style));
        }
        if ((flags & Wire.FLAG_FIXED_NEWSTYLE) == 0) {
            throw WireException.refused("the server does not speak fixed newstyle NBD");
        }
        options.sendFlags(Wire.FLAG_FIXED_NEWSTYLE | (flags & Wire.FLAG_NO_ZEROES));
    }

    /** As text if it is one: what a shell printed, or a server of another kind. */
    private static String shown(long magic) {
        byte[] bytes = ByteBuffer.allocate(Long.BYTES).putLong(magic).array();
        for (byte letter : bytes) {
            if (letter < ' ' || letter == 0x7f) {
                return String.format("0x%016x", magic);
            }
        }
        return "'" + new String(bytes, StandardCharsets.US_ASCII) + "'";
    }

    private void startTls(NbdTls tls) throws IOException {
        options.send(Wire.OPT_STARTTLS);
        OptionReply reply = options.receive(Wire.OPT_STARTTLS);
        if (reply.type() != Wire.REP_ACK) {
            throw options.refusal(reply, uri.exportName());
        }
        options.startTls(tls, uri.address());
    }

    /** Negotiates everything up to the transmission phase. */
    public void enter(List<String> wantedContexts) throws IOException {
        negotiateReplies();
        if (!wantedContexts.isEmpty() && replies != NbdExport.Replies.SIMPLE) {
            setMetaContexts(wantedContexts);
        }
        go();
    }

    /** Lists the contexts that match {@code queries}, then takes leave of the server. */
    public void listMetaContexts(List<String> queries) throws IOException {
        negotiateReplies();
        options.sendQueries(Wire.OPT_LIST_META_CONTEXT, uri.exportName(), queries);
        OptionReply reply = options.receive(Wire.OPT_LIST_META_CONTEXT);
        while (reply.type() == Wire.REP_META_CONTEXT) {
            reply.requireLength(4, 4 + Wire.MAX_STRING);
            options.input().require(4);
            options.input().takeInt(); // the id means nothing in a list
            if (listed.size() == MAX_LISTED) {
                throw WireException.protocol("it lists more than " + MAX_LISTED + " contexts");
            }
            listed.add(options.input().readString(reply.length() - 4));
            reply = options.receive(Wire.OPT_LIST_META_CONTEXT);
        }
        if (reply.type() != Wire.REP_ACK) {
            throw options.refusal(reply, uri.exportName());
        }
        options.abort();
    }

    private void negotiateReplies() throws IOException {
        if (accepts(Wire.OPT_EXTENDED_HEADERS)) {
            replies = NbdExport.Replies.EXTENDED;
        } else if (accepts(Wire.OPT_STRUCTURED_REPLY)) {
            replies = NbdExport.Replies.STRUCTURED;
        }
    }

    /** Whether the server takes an option without data; its refusal is no error, unless it refuses everything. */
    private boolean accepts(int option) throws IOException {
        options.send(option);
        OptionReply reply = options.receive(option);
        if (reply.type() == Wire.REP_ACK) {
            options.input().skip(reply.length());
            return true;
        }
        if (reply.type() == Wire.REP_ERR_TLS_REQD || reply.type() == Wire.REP_ERR_SHUTDOWN || !reply.isError()) {
            throw options.refusal(reply, uri.exportName());
        }
        options.input().skip(reply.length());
        return false;
    }

    private void setMetaContexts(List<String> wanted) throws IOException {
        options.sendQueries(Wire.OPT_SET_META_CONTEXT, uri.exportName(), wanted);
        int[] ids = new int[wanted.size()];
        boolean[] selected = new boolean[wanted.size()];
        OptionReply reply = options.receive(Wire.OPT_SET_META_CONTEXT);
        while (reply.type() == Wire.REP_META_CONTEXT) {
            reply.requireLength(4, 4 + Wire.MAX_STRING);
            options.input().require(4);
            int id = options.input().takeInt();
            String name = options.input().readString(reply.length() - 4);
            int index = wanted.indexOf(name);
            if (index < 0) {
                throw WireException.protocol("it selected the context " + name + ", which was not asked for");
            }
            if (selected[index]) {
                throw WireException.protocol("it selected the context " + name + " twice");
            }
            ids[index] = id;
            selected[index] = true;
            reply = options.receive(Wire.OPT_SET_META_CONTEXT);
        }
        if (reply.type() == Wire.REP_ERR_UNSUP) {
            options.input().skip(reply.length());
            return;
        }
        if (reply.type() != Wire.REP_ACK) {
            throw options.refusal(reply, uri.exportName());
        }
        options.input().skip(reply.length());
        keepSelected(wanted, ids, selected);
    }

    private void keepSelected(List<String> wanted, int[] ids, boolean[] selected) throws IOException {
        List<String> names = new ArrayList<>();
        int[] kept = new int[ids.length];
        for (int i = 0; i < ids.length; i++) {
            if (!selected[i]) {
                continue;
            }
            for (int j = 0; j < names.size(); j++) {
                if (kept[j] == ids[i]) {
                    throw WireException.protocol("the contexts " + names.get(j) + " and " + wanted.get(i)
                            + " have the same id, " + Integer.toUnsignedString(ids[i]));
                }
            }
            kept[names.size()] = ids[i];
            names.add(wanted.get(i));
        }
        contexts = names;
        contextIds = Arrays.copyOf(kept, names.size());
    }

    private void go() throws IOException {
        options.sendGo(uri.exportName());
        OptionReply reply = options.receive(Wire.OPT_GO);
        while (reply.type() == Wire.REP_INFO) {
            info.read(reply, options.input());
            reply = options.receive(Wire.OPT_GO);
        }
        if (reply.type() != Wire.REP_ACK) {
            throw options.refusal(reply, uri.exportName());
        }
        options.input().skip(reply.length());
        info.requireComplete();
    }
}
