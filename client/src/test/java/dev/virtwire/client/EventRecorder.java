// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;

/** Keeps all that a publisher sends. */
public class EventRecorder<E> implements Flow.Subscriber<E> {
    private final List<E> events = new CopyOnWriteArrayList<>();
    private final CountDownLatch subscribed = new CountDownLatch(1);
    private volatile Flow.Subscription subscription;
    private volatile Throwable failure;
    private volatile boolean completed;

    @Override
    public void onSubscribe(Flow.Subscription begun) {
        subscription = begun;
        begun.request(Long.MAX_VALUE);
        subscribed.countDown();
    }

    @Override
    public void onNext(E event) {
        events.add(event);
    }

    @Override
    public void onError(Throwable cause) {
        failure = cause;
    }

    @Override
    public void onComplete() {
        completed = true;
    }

    /** Whether it ended as it was meant to. */
    public boolean completed() {
        return completed;
    }

    /** Returns when the subscription stands. */
    public void awaitSubscribed() {
        try {
            if (!subscribed.await(60, TimeUnit.SECONDS)) {
                throw new AssertionError("not subscribed within 10 s");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Wants no more. */
    public void cancel() {
        subscription.cancel();
    }

    /** What came so far. */
    public List<E> events() {
        return events;
    }

    /** How it ended, or null. */
    public Throwable failure() {
        return failure;
    }
}
