// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.stream;

import dev.virtwire.protocol.Procedure;
import dev.virtwire.protocol.stream.DuplexStream;
import dev.virtwire.protocol.stream.LibvirtStream;
import dev.virtwire.protocol.stream.Opened;
import dev.virtwire.protocol.stream.ReadableStream;
import dev.virtwire.protocol.stream.WritableStream;
import dev.virtwire.xdr.XdrCodec;
import dev.virtwire.xdr.XdrReader;
import dev.virtwire.xdr.XdrWriter;
import org.jspecify.annotations.Nullable;

/**
 * A call that opens a stream, as a call like any other: reading its result gives the stream, which is registered when the
 * call is sent.
 *
 * @param <A> the arguments
 * @param <R> the reply
 * @param <S> which way the stream goes
 */
public final class StreamOpening<A, R, S extends LibvirtStream> implements XdrCodec<Opened<R, S>> {
    private final Procedure<A, R> procedure;
    private final Class<S> kind;
    private final RpcStream stream;

    /** The opening of a stream by {@code procedure} with {@code arguments}. */
    public StreamOpening(
            Procedure<A, R> procedure, A arguments, Class<S> kind, StreamContext context, StreamFlow flow) {
        this.procedure = procedure;
        this.kind = kind;
        this.stream = new RpcStream(procedure, procedure.sparse().test(arguments), context, flow);
    }

    /** The procedure with the stream beside its result. */
    public Procedure<A, Opened<R, S>> call() {
        return new Procedure<>(
                procedure.program(),
                procedure.version(),
                procedure.number(),
                procedure.name(),
                procedure.since(),
                procedure.urgent(),
                procedure.stream(),
                procedure.sparse(),
                procedure.files(),
                procedure.arguments(),
                this);
    }

    /** Why it cannot be called like this, or null. */
    public static @Nullable String mismatch(Procedure<?, ?> procedure, Class<? extends LibvirtStream> kind) {
        Class<? extends LibvirtStream> right =
                switch (procedure.stream()) {
                    case NONE -> null;
                    case SENDS -> WritableStream.class;
                    case RECEIVES -> ReadableStream.class;
                    case BOTH -> DuplexStream.class;
                };
        if (right == null) {
            return "it opens no stream";
        }
        return kind == right
                ? null
                : "its stream is a %s, and no %s".formatted(right.getSimpleName(), kind.getSimpleName());
    }

    /** Routes the stream's packets to it from now on. */
    public void register(StreamTable streams, int serial) {
        streams.register(serial, stream);
    }

    /** The stream is of no use: its opening succeeded with a reply that cannot be read. */
    public void abort() {
        stream.abort();
    }

    @Override
    public void encode(XdrWriter writer, Opened<R, S> value) {
        procedure.result().encode(writer, value.reply());
    }

    @Override
    public Opened<R, S> decode(XdrReader reader) {
        return new Opened<>(procedure.result().decode(reader), kind.cast(stream));
    }
}
