// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.CallRefusedException;
import dev.virtwire.client.CloseReason;
import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.ConnectionLostException;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.internal.async.SerialExecutor;
import dev.virtwire.protocol.CallOptions;
import dev.virtwire.protocol.message.MessageHeader;
import dev.virtwire.protocol.remote.ConnectProcedures;
import dev.virtwire.protocol.remote.DomainDestroyArgs;
import dev.virtwire.protocol.remote.DomainProcedures;
import dev.virtwire.protocol.remote.DomainRef;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

/** What surrounds a session may fail in ways that nobody has promised not to: every future still completes. */
class HostileSurroundingsTest {
    private static final DomainDestroyArgs DESTROY = new DomainDestroyArgs(new DomainRef("d", new UUID(1, 2), 3));

    @Test
    void anExecutorThatThrowsAnythingKeepsNoFutureFromItsEnd() {
        Executor broken = task -> {
            throw new IllegalStateException("shut down");
        };
        EmbeddedChannel channel = new EmbeddedChannel();
        Session session = session(channel, broken, 9);
        List<CompletableFuture<?>> calls = List.of(hostname(session), hostname(session));
        channel.runPendingTasks();
        session.close();
        assertThat(calls).allSatisfy(call -> assertThat(failure(call)).isInstanceOf(ConnectionLostException.class));
        assertThat(session.closed()).isCompletedWithValueMatching(reason -> reason.kind() == CloseReason.Kind.CLOSED);
        channel.finishAndReleaseAll();
    }

    @Test
    void anExecutorThatLetsTheErrorOfACallbackOutCompletesNothingTwice() {
        Executor leaky = task -> {
            task.run();
            throw new IllegalStateException("after it ran");
        };
        EmbeddedChannel channel = new EmbeddedChannel();
        Session session = session(channel, leaky, 9);
        List<Throwable> heard = new ArrayList<>();
        hostname(session).whenComplete((name, failure) -> heard.add(failure));
        session.close();
        assertThat(heard).hasSize(1);
        channel.finishAndReleaseAll();
    }

    @Test
    void urgentCallsThatWaitAreBoundedToo() {
        EmbeddedChannel channel = new EmbeddedChannel();
        Session session = session(channel, Runnable::run, 3);
        List<CompletableFuture<?>> calls = new ArrayList<>();
        for (int i = 0; i < 5 + 3 + 1; i++) {
            calls.add(session.call(DomainProcedures.DOMAIN_DESTROY, DESTROY, CallOptions.DEFAULT));
        }
        assertThat(calls.subList(0, 8)).noneMatch(CompletableFuture::isDone);
        assertThat(failure(calls.get(8)))
                .isInstanceOf(CallRefusedException.class)
                .hasMessage("DomainDestroy on host was not sent: 3 calls wait for a free slot already");
        session.close();
        channel.finishAndReleaseAll();
    }

    @Test
    void pingsOfAPeerThatDoesNotReadFillNoMemory() {
        EmbeddedChannel channel = new EmbeddedChannel();
        Session session = session(channel, Runnable::run, 9);
        channel.writeInbound(ping());
        ByteBuf pong = channel.readOutbound();
        assertThat(pong.getInt(12)).isEqualTo(2);
        pong.release();
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
        channel.writeInbound(ping());
        assertThat(channel.outboundMessages()).isEmpty();
        session.close();
        channel.finishAndReleaseAll();
    }

    @Test
    void aPoolThatFailsKeepsNoTaskWaitingThatCameMeanwhile() {
        List<String> ran = new ArrayList<>();
        SerialExecutor[] serial = new SerialExecutor[1];
        serial[0] = new SerialExecutor(runner -> {
            serial[0].execute(() -> ran.add("meanwhile"));
            throw new RejectedExecutionException("no thread");
        });
        assertThatThrownBy(() -> serial[0].execute(() -> ran.add("refused")))
                .isInstanceOf(RejectedExecutionException.class);
        assertThat(ran).containsExactly("meanwhile");
    }

    private static Session session(EmbeddedChannel channel, Executor callbacks, int maxQueued) {
        return Session.on(
                channel,
                "host",
                ConnectOptions.builder()
                        .callbackExecutor(callbacks)
                        .maxQueued(maxQueued)
                        .build());
    }

    @SuppressWarnings("NullAway") // It has no arguments.
    private static CompletableFuture<?> hostname(Session session) {
        return session.call(ConnectProcedures.CONNECT_GET_HOSTNAME, null, CallOptions.DEFAULT);
    }

    private static ByteBuf ping() {
        ByteBuf frame = Unpooled.buffer();
        frame.writeInt(4 + MessageHeader.BYTES);
        new MessageHeader(KeepAlive.PROGRAM, 1, 1, 2, 0, 0).write(frame);
        return frame;
    }

    private static Throwable failure(CompletableFuture<?> future) {
        return LibvirtException.unwrap(
                future.handle((value, failure) -> failure).getNow(null));
    }
}
