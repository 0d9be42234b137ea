// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static dev.virtwire.client.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.event.DomainEvent;
import dev.virtwire.client.event.DomainEventKind;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many connections of one JVM to one libvirtd: 200, and 1,000 in the profile matrix. */
@Timeout(180)
class ManyConnectionsIT {
    private static final int CONNECTIONS = Integer.getInteger("many.connections", 200);

    /** What libvirtd lets be on their way at a time, by default. */
    private static final int AT_ONCE = 16;

    private static final Duration INTERVAL = Duration.ofSeconds(3);
    private static final int COUNT = 2;

    @Test
    void allLiveOnFewThreadsHearWhatHappensAndLeaveNothing() throws Exception {
        // Both sides ask whether the other is alive, and hang up if nobody answers.
        try (PrivateLibvirtd libvirtd = PrivateLibvirtd.builder()
                .libvirtdConf("max_clients = " + (CONNECTIONS + 20))
                .libvirtdConf("max_anonymous_clients = " + (CONNECTIONS + 20))
                .libvirtdConf("keepalive_interval = " + INTERVAL.toSeconds())
                .libvirtdConf("keepalive_count = " + COUNT)
                .start()) {
            LeakWatch watch = new LeakWatch();
            List<WeakReference<Libvirt>> gone = live(libvirtd);
            watch.assertNothingIsLeft();
            await().untilAsserted(() -> {
                System.gc();
                assertThat(gone).allMatch(libvirt -> libvirt.refersTo(null));
            });
        }
    }

    private static List<WeakReference<Libvirt>> live(PrivateLibvirtd libvirtd) throws Exception {
        ConnectOptions options =
                ConnectOptions.builder().keepAlive(INTERVAL, COUNT).build();
        List<Libvirt> all = new ArrayList<>();
        while (all.size() < CONNECTIONS) {
            List<CompletableFuture<Libvirt>> some = new ArrayList<>();
            while (some.size() < AT_ONCE && all.size() + some.size() < CONNECTIONS) {
                some.add(Libvirt.connect(libvirtd.testTcpUri(), options));
            }
            some.forEach(one -> all.add(one.join()));
        }
        List<EventRecorder<DomainEvent.Lifecycle>> recorders = new ArrayList<>();
        for (Libvirt libvirt : all) {
            EventRecorder<DomainEvent.Lifecycle> recorder = new EventRecorder<>();
            libvirt.events(DomainEventKind.LIFECYCLE).subscribe(recorder);
            recorders.add(recorder);
        }
        recorders.forEach(EventRecorder::awaitSubscribed);
        assertThat(LeakWatch.threads("virtwire-io")).isBetween(1L, 4L);

        // Long enough for each side to give up the other, if a ping were not answered.
        Thread.sleep(INTERVAL.multipliedBy(COUNT + 1).plusSeconds(1).toMillis());
        assertThat(all).noneMatch(libvirt -> libvirt.closed().isDone());
        assertThat(LeakWatch.threads("virtwire-io")).isBetween(1L, 4L);

        all.get(0)
                .createDomain(
                        "<domain type='test'><name>heard</name><memory>8192</memory><os><type>hvm</type></os></domain>")
                .join();
        await().atMost(30, TimeUnit.SECONDS)
                .until(() -> recorders.stream()
                        .allMatch(recorder -> recorder.events().stream()
                                .anyMatch(event -> event.domain().name().equals("heard"))));
        List<CompletableFuture<String>> calls =
                all.stream().map(Libvirt::hostname).toList();
        assertThat(calls)
                .allSatisfy(call -> assertThat(call.get(30, TimeUnit.SECONDS)).isEqualTo("private.libvirtd"));
        CompletableFuture.allOf(all.stream().map(Libvirt::closeAsync).toArray(CompletableFuture[]::new))
                .get(60, TimeUnit.SECONDS);
        return all.stream().map(WeakReference::new).toList();
    }
}
