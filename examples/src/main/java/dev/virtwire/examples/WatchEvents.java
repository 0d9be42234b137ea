// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.examples;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.event.DomainEvent;
import dev.virtwire.client.event.DomainEventKind;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.function.Consumer;

/**
 * Prints what happens to the guests of a host until the connection ends.
 *
 * <pre>{@code WatchEvents qemu:///system}</pre>
 */
public final class WatchEvents {
    private WatchEvents() {}

    /** The connection's URI. */
    public static void main(String[] args) throws InterruptedException {
        try (Libvirt libvirt = Libvirt.await(Libvirt.connect(args[0]))) {
            watch(libvirt, System.out::println);
            System.err.println("connection ended: " + Libvirt.await(libvirt.closed()));
        } catch (LibvirtException e) {
            System.err.println("not connected: " + e.getMessage());
            System.exit(1);
        }
    }

    /** Returns when the server has registered the subscription: what happens from now on is printed. */
    static void watch(Libvirt libvirt, Consumer<String> print) {
        Printer printer = new Printer(print);
        libvirt.events(DomainEventKind.LIFECYCLE).subscribe(printer);
        printer.awaitSubscribed();
    }

    private static final class Printer implements Flow.Subscriber<DomainEvent.Lifecycle> {
        private final Consumer<String> print;
        private final CountDownLatch subscribed = new CountDownLatch(1);

        Printer(Consumer<String> print) {
            this.print = print;
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
            subscribed.countDown();
        }

        @Override
        public void onNext(DomainEvent.Lifecycle event) {
            String what = event.type().map(Enum::name).orElse("event " + event.typeNumber());
            print.accept(event.domain().name() + " " + what);
        }

        @Override
        public void onError(Throwable cause) {
            System.err.println("no more events: " + cause.getMessage());
        }

        @Override
        public void onComplete() {}

        void awaitSubscribed() {
            try {
                subscribed.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
