// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.session;

import dev.virtwire.client.LibvirtException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ByteChannel;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A stream of an ssh session as a blocking channel: one thread reads, another writes, and a third may close, which ends
 * what the others wait for. What is not read counts against the window, so the host sends no more than one ahead.
 */
final class SshByteChannel implements ByteChannel {
    private static final int MOST_AT_ONCE = 128 << 10;

    private final SshStream stream;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ReentrantLock writing = new ReentrantLock();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private volatile boolean open = true;

    // Under the lock.
    private final Queue<ByteBuffer> received = new ArrayDeque<>();
    private boolean ended;
    private @Nullable IOException reason;

    /** For a stream that is yet to be opened. */
    SshByteChannel(SshStream stream) {
        this.stream = stream;
        stream.attach(new SshStream.Listener() {
            @Override
            public void received(byte[] data) {
                change(() -> received.add(ByteBuffer.wrap(data)));
            }

            @Override
            public void ended(@Nullable IOException why) {
                change(() -> {
                    ended = true;
                    reason = why;
                });
                closed.completeExceptionally(why == null ? new ClosedChannelException() : why);
            }
        });
    }

    private void change(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        int count = 0;
        lock.lock();
        try {
            while (received.isEmpty()) {
                if (!open) {
                    throw new AsynchronousCloseException();
                }
                if (ended) {
                    if (reason != null) {
                        throw new IOException(reason.getMessage(), reason);
                    }
                    return -1;
                }
                changed.await();
            }
            ByteBuffer next;
            while (into.hasRemaining() && (next = received.peek()) != null) {
                int part = Math.min(next.remaining(), into.remaining());
                into.put(next.slice(next.position(), part));
                next.position(next.position() + part);
                count += part;
                if (!next.hasRemaining()) {
                    received.remove();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            close();
            throw new IOException("interrupted", e);
        } finally {
            lock.unlock();
        }
        if (count > 0) {
            stream.consumed(count);
        }
        return count;
    }

    @Override
    public int write(ByteBuffer from) throws IOException {
        int count = 0;
        writing.lock();
        try {
            while (from.hasRemaining()) {
                byte[] data = new byte[Math.min(from.remaining(), MOST_AT_ONCE)];
                from.get(data);
                CompletableFuture<Void> written = new CompletableFuture<>();
                stream.write(data, data.length, failure -> {
                    if (failure == null) {
                        written.complete(null);
                    } else {
                        written.completeExceptionally(failure);
                    }
                });
                CompletableFuture.anyOf(written, closed).get();
                if (!open) {
                    throw new AsynchronousCloseException();
                }
                count += data.length;
            }
        } catch (ExecutionException e) {
            Throwable cause = LibvirtException.unwrap(e);
            throw new IOException(String.valueOf(cause.getMessage()), cause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            close();
            throw new IOException("interrupted", e);
        } finally {
            writing.unlock();
        }
        return count;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public void close() {
        open = false;
        if (closed.complete(null)) {
            stream.close();
        }
        change(() -> {});
    }
}
