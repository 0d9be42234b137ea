// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.virtwire.client.event.DomainEvent;
import dev.virtwire.client.event.DomainEventKind;
import dev.virtwire.client.event.EventGap;
import dev.virtwire.client.event.GapSubscriber;
import dev.virtwire.testkit.ScriptedConnection;
import dev.virtwire.testkit.ScriptedConnection.Message;
import dev.virtwire.testkit.ScriptedLibvirtd;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Registrations whose answers come at the moment when a connection is lost, or later than anybody waits for. */
@Timeout(60)
class RegistrationRacesTest {
    private static final int REGISTER = 316;
    private static final int DEREGISTER = 317;
    private static final int HOSTNAME = 59;

    private final ScriptedLibvirtd server = ScriptedLibvirtd.byHand();
    private ScriptedConnection client;
    private Libvirt libvirt;

    @AfterEach
    void close() {
        libvirt.close();
        server.close();
    }

    private void connect(ConnectOptions.Builder options) {
        ReconnectPolicy soon = ReconnectPolicy.usual();
        CompletableFuture<Libvirt> connecting =
                Libvirt.connect(server.uri(), options.reconnect(soon).build());
        client = server.accept();
        libvirt = connecting.join();
    }

    private void reboot(String callback) {
        client.frame(ScriptedConnection.REMOTE, 319, 2, 1, 0, callback + GoldenEvent.WEB1);
    }

    private static final class Recorder extends EventRecorder<DomainEvent.Reboot>
            implements GapSubscriber<DomainEvent.Reboot> {
        final List<EventGap> gaps = new CopyOnWriteArrayList<>();

        @Override
        public void onGap(EventGap gap) {
            gaps.add(gap);
        }
    }

    /** Runs what it is given in whatever order, and holds some of it back for as long as it is told to. */
    private static final class Unordered implements Executor {
        private final List<Runnable> held = new ArrayList<>();
        private int toHold;

        @Override
        public synchronized void execute(Runnable task) {
            if (toHold > 0) {
                toHold--;
                held.add(task);
            } else {
                ForkJoinPool.commonPool().execute(task);
            }
        }

        synchronized void holdNext() {
            toHold = 1;
        }

        synchronized boolean isHolding() {
            return !held.isEmpty();
        }

        synchronized void letGo() {
            toHold = 0;
            held.forEach(ForkJoinPool.commonPool()::execute);
            held.clear();
        }
    }

    @Test
    void anAnswerOfTheLostConnectionIsNoRegistrationWithTheNext() throws Exception {
        Unordered executor = new Unordered();
        connect(ConnectOptions.builder().callbackExecutor(executor));
        Recorder recorder = new Recorder();
        libvirt.events(DomainEventKind.REBOOT).subscribe(recorder);
        Message register = client.readCall();
        assertThat(register.procedure()).isEqualTo(REGISTER);
        executor.holdNext();
        client.reply(register, "00000007");
        await().during(Duration.ofMillis(200)).until(() -> true);
        client.hangUp();
        client = server.accept();
        await().during(Duration.ofMillis(200)).until(() -> true);
        executor.letGo();
        Message again = client.readCall();
        assertThat(again.procedure()).isEqualTo(REGISTER);
        client.reply(again, "00000001");
        recorder.awaitSubscribed();
        reboot("00000001");
        await().until(() -> recorder.events().size() == 1);
    }

    @Test
    void aRegistrationThatCameTooLateIsTakenBackFromTheServerThatMadeIt() {
        connect(ConnectOptions.builder().callTimeout(Duration.ofMillis(500)));
        Recorder recorder = new Recorder();
        libvirt.events(DomainEventKind.REBOOT).subscribe(recorder);
        Message register = client.readCall();
        await().until(() -> recorder.failure() != null);
        assertThat(recorder.failure()).isInstanceOf(CallTimeoutException.class);

        CountDownLatch slow = new CountDownLatch(1);
        CompletableFuture<String> call = libvirt.hostname();
        call.thenAccept(name -> waitFor(slow));
        client.reply(client.readCall(), ScriptedConnection.string("host"));
        await().until(call::isDone);
        client.reply(register, "00000007");
        Message back = client.readCall();
        assertThat(back.procedure()).as("though a callback is slow").isEqualTo(DEREGISTER);
        assertThat(HexFormat.of().formatHex(back.body())).isEqualTo("00000007");
        client.hangUp();
        client = server.accept();
        slow.countDown();
        libvirt.hostname();
        assertThat(client.readCall().procedure()).isEqualTo(HOSTNAME);
    }

    private static void waitFor(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
