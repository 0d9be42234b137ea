// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.session;

import dev.virtwire.ssh.internal.route.SshHost;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.AbstractChannel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A channel of an ssh session as a Netty channel. Nothing is read ahead of its user but for one window of ssh, and
 * nothing is sent beyond the peer's: the rest waits in the outbound buffer, whose marks say whether the channel is
 * writable.
 */
final class SshChannel extends AbstractChannel {
    private static final ChannelMetadata METADATA = new ChannelMetadata(false);

    /** What one write takes from the outbound buffer. */
    private static final int MOST_AT_ONCE = 128 << 10;

    private final ChannelConfig config = new DefaultChannelConfig(this);
    private final SshStream stream;
    private final SocketAddress peer;

    // On the event loop alone.
    private final Queue<ByteBuf> received = new ArrayDeque<>();
    private boolean wanted;
    private boolean writing;
    private boolean ended;
    private @Nullable IOException reason;
    private volatile boolean open = true;

    /**
     * A channel for a stream that is yet to be opened.
     *
     * @param host the host, for messages
     */
    SshChannel(SshStream stream, SshHost host) {
        super(null);
        this.stream = stream;
        this.peer = InetSocketAddress.createUnresolved(host.address(), host.port());
        config.setAutoRead(false);
        stream.attach(new SshStream.Listener() {
            @Override
            public void received(byte[] data) {
                onLoop(() -> take(Unpooled.wrappedBuffer(data)));
            }

            @Override
            public void ended(@Nullable IOException why) {
                onLoop(() -> end(why));
            }
        });
    }

    private void onLoop(Runnable task) {
        try {
            eventLoop().execute(task);
        } catch (RejectedExecutionException e) {
            // The loops end after the last connection has: nobody is left who would want to know.
            stream.close();
        }
    }

    private void take(ByteBuf bytes) {
        if (!open) {
            return;
        }
        received.add(bytes);
        if (wanted) {
            deliver();
        }
    }

    private void end(@Nullable IOException why) {
        if (!open || ended) {
            return;
        }
        ended = true;
        reason = why;
        if (wanted) {
            deliver();
        }
    }

    /** What came before the end has been read, and whoever reads shall know why there is no more. */
    private void finish() {
        if (reason != null) {
            pipeline().fireExceptionCaught(reason);
        }
        close();
    }

    private void deliver() {
        wanted = false;
        ByteBuf bytes;
        while ((bytes = received.poll()) != null) {
            stream.consumed(bytes.readableBytes());
            pipeline().fireChannelRead(bytes);
        }
        pipeline().fireChannelReadComplete();
        if (ended && open && received.isEmpty()) {
            finish();
        }
    }

    @Override
    protected void doBeginRead() {
        wanted = true;
        if (!received.isEmpty() || ended) {
            eventLoop().execute(() -> {
                if (wanted && open) {
                    deliver();
                }
            });
        }
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer out) throws IOException {
        if (writing || out.isEmpty()) {
            return;
        }
        int length = (int) Math.min(out.totalPendingWriteBytes(), MOST_AT_ONCE);
        byte[] data = new byte[length];
        int filled = 0;
        while (filled < length && out.current() instanceof ByteBuf bytes) {
            int part = Math.min(length - filled, bytes.readableBytes());
            bytes.readBytes(data, filled, part);
            filled += part;
            if (bytes.isReadable()) {
                break;
            }
            out.remove();
        }
        if (filled == 0) {
            return;
        }
        writing = true;
        stream.write(data, filled, failure -> onLoop(() -> written(failure)));
    }

    private void written(@Nullable Throwable failure) {
        writing = false;
        if (!open) {
            return;
        }
        if (failure != null) {
            // Why it ended stands in the stream's end, which follows.
            stream.close();
        } else {
            ((SshUnsafe) unsafe()).goOn();
        }
    }

    @Override
    protected Object filterOutboundMessage(Object message) {
        if (message instanceof ByteBuf) {
            return message;
        }
        throw new UnsupportedOperationException("only bytes go over ssh, and not " + message.getClass());
    }

    @Override
    protected void doClose() {
        open = false;
        ByteBuf bytes;
        while ((bytes = received.poll()) != null) {
            bytes.release();
        }
        stream.close();
    }

    @Override
    protected AbstractUnsafe newUnsafe() {
        return new SshUnsafe();
    }

    private final class SshUnsafe extends AbstractUnsafe {
        @Override
        public void connect(SocketAddress remote, SocketAddress local, ChannelPromise promise) {
            promise.setFailure(new UnsupportedOperationException("an ssh channel is connected from the beginning"));
        }

        void goOn() {
            flush0();
        }
    }

    @Override
    protected boolean isCompatible(EventLoop loop) {
        return true;
    }

    @Override
    protected SocketAddress localAddress0() {
        return peer;
    }

    @Override
    protected SocketAddress remoteAddress0() {
        return peer;
    }

    @Override
    protected void doBind(SocketAddress address) {
        throw new UnsupportedOperationException("an ssh channel has no address");
    }

    @Override
    protected void doDisconnect() throws ClosedChannelException {
        doClose();
    }

    @Override
    public ChannelConfig config() {
        return config;
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public boolean isActive() {
        return open;
    }
}
