// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd.internal;

import dev.virtwire.nbd.NbdException;
import dev.virtwire.nbd.NbdServerError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.ClosedByInterruptException;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The requests of a connection: on the wire, at most as many as there are slots, and waiting for a slot. The one owner
 * of both; whoever calls, sends what may be sent, all of it in one write.
 *
 * <p>Operations are completed by the reader thread alone, because only it knows that nothing more is written into their
 * buffers; the exception is an operation that was never accepted.
 */
public final class PendingRequests {
    private static final int EXTENDED_REQUEST_BYTES = 32;
    private static final int COOKIE_SLOT_BITS = 8;

    private final ReentrantLock lock = new ReentrantLock();
    private final ByteChannel channel;
    private final boolean extended;
    private final int maxQueued;
    private final Slot[] slots;
    private final int[] freeSlots;
    private int freeCount;
    private final ArrayDeque<Operation<?>> waiting = new ArrayDeque<>();
    private final ByteBuffer outgoing;
    private long sequence;
    private @Nullable Failure end;
    private volatile boolean busy;
    private volatile long busySince;
    private volatile long writingSince = WireInput.NOT_WAITING;

    public PendingRequests(ByteChannel channel, boolean extended, int maxInFlight, int maxQueued) {
        this.channel = channel;
        this.extended = extended;
        this.maxQueued = maxQueued;
        this.slots = new Slot[maxInFlight];
        this.freeSlots = new int[maxInFlight];
        this.freeCount = maxInFlight;
        for (int i = 0; i < maxInFlight; i++) {
            slots[i] = new Slot(i);
            freeSlots[i] = maxInFlight - 1 - i;
        }
        this.outgoing = ByteBuffer.allocateDirect((maxInFlight + 1) * EXTENDED_REQUEST_BYTES);
    }

    /** Whether a reply is due. */
    public boolean isBusy() {
        return busy;
    }

    /** Since when requests have been on the wire without a pause, by {@link System#nanoTime()}. */
    public long busySince() {
        return busySince;
    }

    /** Since when a write has been under way, by {@link System#nanoTime()}, or {@link WireInput#NOT_WAITING}. */
    public long writingSince() {
        return writingSince;
    }

    /**
     * Sends the operation, or lets it wait for its turn. From then on the reader thread completes it.
     *
     * @return null, or why the operation was not accepted
     * @throws IOException when sending failed; the operation was accepted nevertheless
     */
    @Nullable
    public Failure submit(Operation<?> operation) throws IOException {
        lock.lock();
        try {
            if (end != null) {
                return end;
            }
            if (waiting.size() == maxQueued) {
                return new Failure(
                        NbdException.Kind.INVALID, maxQueued + " requests are waiting already (maxQueued)", null);
            }
            waiting.add(operation);
            send();
            return null;
        } finally {
            lock.unlock();
        }
    }

    /** The request that a reply is for, or null if none is pending with this cookie. */
    @Nullable
    public Slot find(long cookie) {
        lock.lock();
        try {
            int index = (int) (cookie & ((1 << COOKIE_SLOT_BITS) - 1));
            return index < slots.length && slots[index].isAnsweredBy(cookie) ? slots[index] : null;
        } finally {
            lock.unlock();
        }
    }

    /**
     * The slot's request was answered to the end: frees the slot.
     *
     * @return whether the operation is complete now; the caller, the only one to know of it, settles it
     */
    public boolean answered(Slot slot, Operation<?> operation) {
        lock.lock();
        try {
            slot.clear();
            freeSlots[freeCount++] = slot.index();
            busy = freeCount < slots.length;
            return operation.pieceAnswered();
        } finally {
            lock.unlock();
        }
    }

    /** Sends what waits for slots that have become free. */
    public void sendWaiting() throws IOException {
        lock.lock();
        try {
            send();
        } finally {
            lock.unlock();
        }
    }

    /** Notes the error of a slot's request. */
    public void failed(Slot slot, Operation<?> operation, NbdServerError error) {
        lock.lock();
        try {
            slot.setFailed();
            operation.failed(error);
        } finally {
            lock.unlock();
        }
    }

    /** Accepts nothing more and hands over what is pending. Called by the reader thread when it ends. */
    public Set<Operation<?>> end(Failure failure) {
        lock.lock();
        try {
            end = failure;
            busy = false;
            // A set, because one operation may be in several slots and in the queue.
            Set<Operation<?>> pending = new LinkedHashSet<>();
            for (Slot slot : slots) {
                Operation<?> operation = slot.operation();
                if (operation != null) {
                    pending.add(operation);
                }
                slot.clear();
            }
            pending.addAll(waiting);
            waiting.clear();
            return pending;
        } finally {
            lock.unlock();
        }
    }

    /** Says goodbye if that is possible without waiting for anybody. */
    public void sendDisconnect() throws IOException {
        if (!lock.tryLock()) {
            return;
        }
        try {
            if (end == null) {
                putRequest(0, Wire.CMD_DISC, 0, 0);
                flush();
            }
        } finally {
            lock.unlock();
        }
    }

    private void send() throws IOException {
        while (freeCount > 0) {
            Operation<?> operation = waiting.peek();
            if (operation == null) {
                break;
            }
            if (!operation.isIssued()) {
                if (!busy) {
                    busySince = System.nanoTime();
                    busy = true;
                }
                Slot slot = slots[freeSlots[--freeCount]];
                operation.issueTo(slot);
                slot.setCookie(sequence++ << COOKIE_SLOT_BITS | slot.index());
                putRequest(slot.cookie(), operation.request().command().number(), slot.offset(), slot.length());
            }
            if (operation.isIssued()) {
                waiting.remove();
            }
        }
        flush();
    }

    private void putRequest(long cookie, int command, long offset, long length) {
        outgoing.putInt(extended ? Wire.EXTENDED_REQUEST_MAGIC : Wire.REQUEST_MAGIC);
        outgoing.putShort((short) 0); // command flags
        outgoing.putShort((short) command);
        outgoing.putLong(cookie);
        outgoing.putLong(offset);
        if (extended) {
            outgoing.putLong(length);
        } else {
            outgoing.putInt((int) length);
        }
    }

    private void flush() throws IOException {
        if (outgoing.position() == 0) {
            return;
        }
        outgoing.flip();
        // An interrupt would make the channel close itself, and this thread is the caller's.
        boolean interrupted = Thread.interrupted();
        writingSince = System.nanoTime();
        try {
            while (outgoing.hasRemaining()) {
                channel.write(outgoing);
            }
        } catch (ClosedByInterruptException e) {
            throw new IOException("the thread that sent a request was interrupted meanwhile", e);
        } finally {
            writingSince = WireInput.NOT_WAITING;
            outgoing.clear();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
