// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.call;

import dev.virtwire.client.CallRefusedException;
import dev.virtwire.client.CallReport;
import dev.virtwire.client.CallReport.Outcome;
import dev.virtwire.client.CallTimeoutException;
import dev.virtwire.client.CloseReason;
import dev.virtwire.client.ConnectionListener;
import dev.virtwire.client.ConnectionLostException;
import dev.virtwire.client.ConnectionMeter;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.internal.async.SerialExecutor;
import dev.virtwire.client.internal.async.SharedPool;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts what a session does and tells its listener, apart from the event loop and from other callbacks. Without a
 * listener it does nothing. Written on the event loop.
 */
public final class Meter implements ConnectionMeter {
    private static final Logger LOG = LoggerFactory.getLogger(Meter.class);
    private static final int MOST_REPORTS = 8192;

    private final String host;
    private final @Nullable ConnectionListener listener;
    private final Executor reports = new SerialExecutor(SharedPool.executor());
    private final AtomicInteger queued = new AtomicInteger();
    private final AtomicLong missed = new AtomicLong();

    private volatile boolean connected;
    private volatile int inFlight;
    private volatile int waiting;
    private volatile long bytesSent;
    private volatile long bytesReceived;

    private boolean opened;
    private long lostNanos;

    Meter(String host, @Nullable ConnectionListener listener) {
        this.host = host;
        this.listener = listener;
    }

    /** Whether anybody listens. */
    boolean isOn() {
        return listener != null;
    }

    // ---- what a session does

    void opened() {
        connected = true;
        if (!opened) {
            opened = true;
            tell(to -> to.opened(this));
        } else {
            Duration gap = Duration.ofNanos(System.nanoTime() - lostNanos);
            tell(to -> to.reconnected(this, gap));
        }
    }

    void lost(LibvirtException cause) {
        connected = false;
        lostNanos = System.nanoTime();
        tell(to -> to.lost(this, cause));
    }

    void closed(CloseReason reason) {
        boolean lost = connected && reason.cause() != null;
        connected = false;
        if (opened) {
            LibvirtException cause = reason.cause();
            tell(to -> {
                if (lost && cause != null) {
                    to.lost(this, cause);
                }
                to.closed(this, reason);
            });
        }
    }

    /** A subscription has ended with so many events lost; on any thread. */
    public void eventsLost(String subscription, long events) {
        tellIfFast(to -> to.eventsLost(this, subscription, events));
    }

    // ---- what becomes of calls

    void load(int nowInFlight, int nowWaiting) {
        inFlight = nowInFlight;
        waiting = nowWaiting;
    }

    void sent(Call<?, ?> call, int bytes) {
        if (listener != null) {
            call.sentNanos = System.nanoTime();
            call.sentBytes = bytes;
        }
    }

    void received(Call<?, ?> call, int bytes) {
        if (listener != null) {
            call.receivedBytes = bytes;
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // One thread writes.
    void bytesOut(int bytes) {
        if (listener != null) {
            bytesSent += bytes;
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // One thread writes.
    void bytesIn(int bytes) {
        if (listener != null) {
            bytesReceived += bytes;
        }
    }

    void givenUp(Call<?, ?> call) {
        report(call, Outcome.GIVEN_UP, null);
    }

    void ended(Call<?, ?> call, @Nullable Throwable failure) {
        if (call.isDone()) {
            // The word that its caller has given it up is still on its way here.
            givenUp(call);
            return;
        }
        report(call, outcome(failure), failure instanceof LibvirtException known ? known : null);
    }

    private static Outcome outcome(@Nullable Throwable failure) {
        if (failure == null) {
            return Outcome.SUCCEEDED;
        }
        if (failure instanceof RemoteException) {
            return Outcome.FAILED;
        }
        if (failure instanceof CallTimeoutException) {
            return Outcome.TIMED_OUT;
        }
        if (failure instanceof ConnectionLostException) {
            return Outcome.LOST;
        }
        return failure instanceof CallRefusedException ? Outcome.REFUSED : Outcome.BROKEN;
    }

    /** Once a call: a late reply does not concern a caller who has gone. */
    private void report(Call<?, ?> call, Outcome outcome, @Nullable LibvirtException failure) {
        if (listener == null || call.reported) {
            return;
        }
        call.reported = true;
        long made = call.deadlineNanos - call.deadline.toNanos();
        long now = System.nanoTime();
        boolean sent = call.sentBytes > 0;
        CallReport report = new CallReport(
                call.procedure.name(),
                outcome,
                failure,
                Duration.ofNanos(now - made),
                Duration.ofNanos((sent ? call.sentNanos : now) - made),
                call.sentBytes,
                call.receivedBytes);
        tellIfFast(to -> to.called(this, report));
    }

    // ---- telling

    /** What there may be much of, and is left out if the listener is too slow for it. */
    private void tellIfFast(Consumer<ConnectionListener> what) {
        if (queued.get() < MOST_REPORTS) {
            tell(what);
        } else {
            missed.incrementAndGet();
        }
    }

    private void tell(Consumer<ConnectionListener> what) {
        ConnectionListener to = listener;
        if (to == null) {
            return;
        }
        queued.incrementAndGet();
        try {
            reports.execute(() -> {
                queued.decrementAndGet();
                tellMissed(to);
                what.accept(to);
            });
        } catch (RuntimeException | Error e) {
            // No thread can be had: that must not end what is reported.
            queued.decrementAndGet();
            missed.incrementAndGet();
            LOG.warn("{}: a report for the connection's listener is left out", host, e);
        }
    }

    private void tellMissed(ConnectionListener to) {
        long before = missed.getAndSet(0);
        if (before > 0) {
            to.missed(this, before);
        }
    }

    // ---- what it says, on any thread

    @Override
    public String host() {
        return host;
    }

    @Override
    public boolean isConnected() {
        return connected;
    }

    @Override
    public int inFlight() {
        return inFlight;
    }

    @Override
    public int waiting() {
        return waiting;
    }

    @Override
    public long bytesSent() {
        return bytesSent;
    }

    @Override
    public long bytesReceived() {
        return bytesReceived;
    }
}
