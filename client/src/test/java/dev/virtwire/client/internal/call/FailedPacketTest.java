// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.call;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.CloseReason;
import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.ConnectionLostException;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.protocol.CallOptions;
import dev.virtwire.protocol.message.MessageHeader;
import dev.virtwire.protocol.message.MessageStatus;
import dev.virtwire.protocol.message.MessageType;
import dev.virtwire.protocol.remote.StorageVolProcedures;
import dev.virtwire.protocol.remote.StorageVolRef;
import dev.virtwire.protocol.remote.StorageVolUploadArgs;
import dev.virtwire.protocol.stream.WritableStream;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import javax.security.sasl.SaslException;
import org.junit.jupiter.api.Test;

/** A packet that cannot be written is missing in its stream, though the channel stays open: everything pending ends. */
class FailedPacketTest {
    /** Fails what belongs to a stream, as a security layer may. */
    private static final class Broken extends ChannelOutboundHandlerAdapter {
        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            ByteBuf frame = (ByteBuf) message;
            if (frame.getInt(16) == MessageType.STREAM) {
                frame.release();
                promise.setFailure(new SaslException("the layer is broken"));
            } else {
                context.write(message, promise);
            }
        }
    }

    @Test
    void endsTheStreamAndItsConnection() {
        EmbeddedChannel channel = new EmbeddedChannel(new Broken());
        Session session = Session.on(
                channel,
                "host",
                ConnectOptions.builder().callbackExecutor(Runnable::run).build());
        WritableStream stream = open(session, channel);
        CompletableFuture<Void> written = stream.write(ByteBuffer.allocate(10));
        CompletableFuture<Void> finished = stream.finish();
        channel.runPendingTasks();
        assertThat(failure(written))
                .isInstanceOf(ConnectionLostException.class)
                .hasMessage("the stream of StorageVolUpload on host: host: the layer is broken");
        assertThat(failure(finished)).isInstanceOf(ConnectionLostException.class);
        assertThat(session.closed()).isCompletedWithValueMatching(reason -> reason.kind() == CloseReason.Kind.LOST);
        channel.finishAndReleaseAll();
    }

    private static WritableStream open(Session session, EmbeddedChannel channel) {
        var opened = session.open(
                StorageVolProcedures.STORAGE_VOL_UPLOAD,
                new StorageVolUploadArgs(new StorageVolRef("pool", "vol", "/key"), 0, 0, Set.of()),
                CallOptions.DEFAULT);
        channel.runPendingTasks();
        ByteBuf sent = channel.readOutbound();
        MessageHeader call = MessageHeader.read(sent.skipBytes(Integer.BYTES));
        sent.release();
        ByteBuf reply = Unpooled.buffer().writeInt(Integer.BYTES + MessageHeader.BYTES);
        new MessageHeader(
                        call.program(),
                        call.version(),
                        call.procedure(),
                        MessageType.REPLY,
                        call.serial(),
                        MessageStatus.OK)
                .write(reply);
        channel.writeInbound(reply);
        return opened.join().stream();
    }

    private static Throwable failure(CompletableFuture<?> future) {
        return LibvirtException.unwrap(
                future.handle((value, failure) -> failure).getNow(null));
    }
}
