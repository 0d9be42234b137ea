// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.session;

import dev.virtwire.client.internal.async.SerialExecutor;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import org.apache.sshd.common.io.AbstractIoWriteFuture;
import org.apache.sshd.common.io.IoHandler;
import org.apache.sshd.common.io.IoService;
import org.apache.sshd.common.io.IoSession;
import org.apache.sshd.common.io.IoWriteFuture;
import org.apache.sshd.common.util.Readable;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.closeable.AbstractCloseable;
import org.jspecify.annotations.Nullable;

/**
 * A connected Netty channel as SSHD's socket. What comes is handed to SSHD on a pool's threads, because it decrypts,
 * checks keys and asks people there; the next bytes are read only when it has taken the last ones.
 */
final class SocketSession extends AbstractCloseable implements IoSession {
    private static final long ONLY_ONE = 1;

    private final Channel channel;
    private final IoHandler handler;
    private final IoService service;
    private final SerialExecutor tasks;
    private final Map<Object, Object> attributes = new ConcurrentHashMap<>();
    private volatile boolean suspended;

    SocketSession(Channel channel, IoHandler handler, IoService service, SerialExecutor tasks) {
        this.channel = channel;
        this.handler = handler;
        this.service = service;
        this.tasks = tasks;
    }

    /** Begins to read, when SSHD has been told of this session. */
    void start() {
        channel.eventLoop().execute(() -> {
            channel.pipeline().addLast(new Inbound());
            if (channel.isActive()) {
                readMore();
            } else {
                tasks.execute(this::ended);
            }
        });
    }

    private final class Inbound extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            try {
                tasks.execute(() -> received(bytes));
            } catch (RuntimeException | Error e) {
                bytes.release();
                throw e;
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            tasks.execute(SocketSession.this::readMore);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            tasks.execute(SocketSession.this::ended);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            tasks.execute(() -> failed(cause));
        }
    }

    private void received(ByteBuf bytes) {
        try {
            if (!isClosing()) {
                handler.messageReceived(this, new Bytes(bytes));
            }
        } catch (Exception e) {
            failed(e);
        } finally {
            bytes.release();
        }
    }

    private void readMore() {
        if (!suspended && !isClosing()) {
            try {
                channel.read();
            } catch (RejectedExecutionException e) {
                // The loops end after the last connection has: nothing is left to be read.
                log.debug("{}: the event loop has ended", this, e);
            }
        }
    }

    private void ended() {
        try {
            handler.sessionClosed(this);
        } catch (Exception e) {
            log.debug("{}: SSHD failed to take note of its end", this, e);
        }
        close(true);
    }

    private void failed(Throwable cause) {
        try {
            handler.exceptionCaught(this, cause);
        } catch (Exception e) {
            log.debug("{}: SSHD failed over a failure", this, e);
            close(true);
        }
    }

    @Override
    public IoWriteFuture writeBuffer(Buffer buffer) throws IOException {
        int length = buffer.available();
        Written written = new Written(this);
        ByteBuf copy = channel.alloc().buffer(length).writeBytes(buffer.array(), buffer.rpos(), length);
        try {
            // Never at once, not even on the loop: packets have numbers, and another thread's may be waiting there.
            channel.eventLoop()
                    .execute(() -> channel.writeAndFlush(copy)
                            .addListener(done -> written.setValue(done.isSuccess() ? true : done.cause())));
        } catch (RejectedExecutionException e) {
            copy.release();
            throw new IOException("the event loop has ended", e);
        }
        return written;
    }

    @Override
    public void suspendRead() {
        suspended = true;
    }

    @Override
    public void resumeRead() {
        suspended = false;
        readMore();
    }

    @Override
    public void shutdownOutputStream() {
        // A session ends as a whole.
        close(false);
    }

    @Override
    protected void doCloseImmediately() {
        if (channel.isOpen()) {
            channel.close();
        }
        super.doCloseImmediately();
    }

    @Override
    public long getId() {
        return ONLY_ONE;
    }

    @Override
    @SuppressWarnings("NullAway") // Null if it was accepted from nowhere, says SSHD.
    public SocketAddress getAcceptanceAddress() {
        return null;
    }

    @Override
    public SocketAddress getRemoteAddress() {
        return channel.remoteAddress();
    }

    @Override
    public SocketAddress getLocalAddress() {
        return channel.localAddress();
    }

    @Override
    public @Nullable Object getAttribute(Object key) {
        return attributes.get(key);
    }

    @Override
    public @Nullable Object setAttribute(Object key, Object value) {
        return attributes.put(key, value);
    }

    @Override
    public @Nullable Object setAttributeIfAbsent(Object key, Object value) {
        return attributes.putIfAbsent(key, value);
    }

    @Override
    public @Nullable Object removeAttribute(Object key) {
        return attributes.remove(key);
    }

    @Override
    public IoService getService() {
        return service;
    }

    @Override
    public String toString() {
        return "ssh over " + channel;
    }

    private static final class Written extends AbstractIoWriteFuture {
        Written(Object id) {
            super(id, null);
        }
    }

    private record Bytes(ByteBuf buffer) implements Readable {
        @Override
        public int available() {
            return buffer.readableBytes();
        }

        @Override
        public void getRawBytes(byte[] data, int offset, int length) {
            buffer.readBytes(data, offset, length);
        }
    }
}
