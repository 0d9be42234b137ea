// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.call;

import static dev.virtwire.client.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.AuthenticationException;
import dev.virtwire.client.CallRefusedException;
import dev.virtwire.client.CloseReason;
import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.ConnectionLostException;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.ReconnectPolicy;
import dev.virtwire.protocol.CallOptions;
import dev.virtwire.protocol.remote.ConnectProcedures;
import dev.virtwire.protocol.remote.SecretProcedures;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalChannel;
import io.netty.channel.local.LocalIoHandler;
import io.netty.channel.local.LocalServerChannel;
import io.netty.util.ReferenceCountUtil;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A session between its channels, with a server that lets everybody in and says nothing. */
@Timeout(60)
class SessionTest {
    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, LocalIoHandler.newFactory());
    private final LocalAddress address = new LocalAddress(SessionTest.class);
    private final BlockingQueue<Channel> clients = new LinkedBlockingQueue<>();
    private final BlockingQueue<ByteBuf> received = new LinkedBlockingQueue<>();
    private final AtomicInteger attempts = new AtomicInteger();

    @BeforeEach
    void listen() throws InterruptedException {
        new ServerBootstrap()
                .group(group)
                .channel(LocalServerChannel.class)
                .childHandler(new ChannelInboundHandlerAdapter() {
                    @Override
                    public boolean isSharable() {
                        return true;
                    }

                    @Override
                    public void channelActive(ChannelHandlerContext context) {
                        clients.add(context.channel());
                    }

                    @Override
                    public void channelRead(ChannelHandlerContext context, Object message) {
                        received.add((ByteBuf) message);
                    }
                })
                .bind(address)
                .sync();
    }

    @AfterEach
    void end() {
        received.forEach(ReferenceCountUtil::release);
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    }

    private Session connect(ConnectOptions.Builder options) {
        return connect(options, () -> null);
    }

    /** A session whose attempts after the first fail with what {@code later} gives, if that is anything. */
    private Session connect(ConnectOptions.Builder options, Supplier<RuntimeException> later) {
        Session.Dialer dialer = session -> {
            RuntimeException failure = attempts.getAndIncrement() == 0 ? null : later.get();
            if (failure != null) {
                return CompletableFuture.failedFuture(failure);
            }
            CompletableFuture<Channel> open = new CompletableFuture<>();
            Channel channel = new Bootstrap()
                    .group(session.loop())
                    .channel(LocalChannel.class)
                    .option(ChannelOption.AUTO_READ, false)
                    .handler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel any) {}
                    })
                    .connect(address)
                    .addListener(done -> {
                        if (!done.isSuccess()) {
                            open.completeExceptionally(done.cause());
                        }
                    })
                    .channel();
            session.loop().execute(() -> open.complete(channel));
            return open.thenCompose(session::attach);
        };
        return new Session("host", options.keepAlive(Duration.ofSeconds(5), 0).build(), group.next(), dialer, () -> {})
                .connect()
                .join();
    }

    private static ReconnectPolicy policy(int firstMillis, int longestMillis, int giveUpMillis) {
        return new ReconnectPolicy(
                Duration.ofMillis(firstMillis), Duration.ofMillis(longestMillis), Duration.ofMillis(giveUpMillis));
    }

    @Test
    void aLoginThatWasRefusedIsNotTriedAgain() throws Exception {
        Session session = connect(
                ConnectOptions.builder().reconnect(policy(10, 20, 30_000)),
                () -> new AuthenticationException("the host refuses this user", null, true));
        clients.take().close();
        CloseReason reason = session.closed().get(10, TimeUnit.SECONDS);
        assertThat(reason.kind()).isEqualTo(CloseReason.Kind.LOST);
        assertThat(reason.cause())
                .hasMessage("host: the server closed the connection; it could not be made again at last because:"
                        + " the host refuses this user");
        assertThat(attempts).hasValue(2);
    }

    @Test
    void oneThatFailedForAnotherReasonIs() throws Exception {
        Session session = connect(
                ConnectOptions.builder().reconnect(policy(10, 20, 30_000)),
                () -> attempts.get() < 5 ? new AuthenticationException("the agent does not answer") : null);
        clients.take().close();
        assertThat(clients.poll(10, TimeUnit.SECONDS)).isNotNull();
        assertThat(attempts).hasValue(5);
        session.close();
    }

    @Test
    void aServerThatLetsInAndHangsUpIsGivenUpInTime() throws Exception {
        Session session = connect(ConnectOptions.builder().reconnect(policy(20, 400, 2000)));
        Thread hangUp = new Thread(() -> {
            try {
                while (true) {
                    clients.take().close();
                }
            } catch (InterruptedException e) {
                // The test is over.
            }
        });
        hangUp.start();
        try {
            CloseReason reason = session.closed().get(20, TimeUnit.SECONDS);
            assertThat(reason.cause())
                    .isInstanceOf(ConnectionLostException.class)
                    .hasMessageContaining("it could not be made again within PT2S");
            assertThat(attempts.get()).isBetween(2, 20);
        } finally {
            hangUp.interrupt();
            hangUp.join();
        }
    }

    @Test
    void whatItAsksForItselfIsAnsweredOnTheLoopAndBelongsToOneConnection() throws Exception {
        Session session = connect(ConnectOptions.builder().maxInFlight(1).reconnect(policy(10, 20, 30_000)));
        CompletableFuture<String> sent = ask(session);
        CompletableFuture<String> unsent = ask(session);
        CompletableFuture<String> users = hostname(session);
        CompletableFuture<Boolean> onLoop =
                unsent.handle((name, failure) -> session.loop().inEventLoop());
        received.take().release();
        int epoch = session.epoch();
        clients.take().close();
        assertThat(failure(sent)).isInstanceOf(ConnectionLostException.class);
        assertThat(failure(unsent)).isInstanceOf(ConnectionLostException.class);
        assertThat(onLoop.get(20, TimeUnit.SECONDS)).isTrue();
        assertThat(clients.poll(10, TimeUnit.SECONDS)).isNotNull();
        ByteBuf next = received.take();
        assertThat(next.getInt(12)).isEqualTo(ConnectProcedures.CONNECT_GET_HOSTNAME.number());
        next.release();
        assertThat(users).isNotDone();
        assertThat(session.epoch()).isEqualTo(epoch + 1);
        session.close();
        assertThat(failure(ask(session))).isInstanceOf(CallRefusedException.class);
    }

    @Test
    void itsStateIsTouchedOnItsLoopAlone() {
        Session session = connect(ConnectOptions.builder());
        assertThatThrownBy(() -> session.listen(SecretProcedures.SECRET_EVENT_LIFECYCLE, body -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("belongs to the event loop, and was touched on thread "
                        + Thread.currentThread().getName());
        assertThatThrownBy(() -> session.ask(ConnectProcedures.CONNECT_GET_HOSTNAME, null, null))
                .isInstanceOf(IllegalStateException.class);
        session.close();
    }

    @Test
    void nothingRemembersASessionThatHasEnded() throws Exception {
        Duration never = ChronoUnit.FOREVER.getDuration();
        assertIsForgotten(endedAfter(never));
    }

    @Test
    void whatACloseWaitedForMayEndAfterTheSession() throws Exception {
        assertIsForgotten(endedWhileItsCloseWaited(ChronoUnit.FOREVER.getDuration()));
    }

    private static void assertIsForgotten(WeakReference<Session> ended) {
        await().atMost(Duration.ofSeconds(20)).until(() -> {
            System.gc();
            return ended.get() == null;
        });
    }

    private WeakReference<Session> endedWhileItsCloseWaited(Duration callTimeout) throws Exception {
        Session session = connect(ConnectOptions.builder().callTimeout(callTimeout));
        CompletableFuture<Void> undoing = new CompletableFuture<>();
        session.closeWaitsFor(undoing);
        session.closeAfter(ConnectProcedures.CONNECT_CLOSE);
        clients.take().close().sync();
        session.closed().join();
        undoing.complete(null);
        session.loop().submit(() -> {}).sync();
        return new WeakReference<>(session);
    }

    private WeakReference<Session> endedAfter(Duration callTimeout) throws Exception {
        Session session = connect(ConnectOptions.builder().callTimeout(callTimeout));
        CompletableFuture<String> call = hostname(session);
        received.take().release();
        session.later(callTimeout, () -> {});
        session.closeAfter(ConnectProcedures.CONNECT_CLOSE);
        session.close();
        assertThat(failure(call)).isInstanceOf(ConnectionLostException.class);
        session.closed().join();
        clients.take().closeFuture().sync();
        return new WeakReference<>(session);
    }

    @Test
    void aPacketThatCannotBeWrittenEndsTheConnection() {
        EmbeddedChannel channel = new EmbeddedChannel();
        Session session = Session.on(
                channel,
                "host",
                ConnectOptions.builder().callbackExecutor(Runnable::run).build());
        channel.pipeline().addFirst(new ChannelOutboundHandlerAdapter() {
            @Override
            public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
                ReferenceCountUtil.release(message);
                promise.setFailure(new IllegalStateException("cannot encrypt"));
            }
        });
        channel.pipeline().get(Connection.class).send(Unpooled.buffer().writeInt(4), () -> {
            throw new AssertionError("it was not written");
        });
        channel.runPendingTasks();
        assertThat(session.closed()).isCompletedWithValueMatching(reason -> reason.kind() == CloseReason.Kind.LOST);
        channel.finishAndReleaseAll();
    }

    @SuppressWarnings("NullAway") // It has no arguments.
    private static CompletableFuture<String> hostname(Session session) {
        return session.call(ConnectProcedures.CONNECT_GET_HOSTNAME, null, CallOptions.DEFAULT)
                .thenApply(result -> result.hostname());
    }

    private static CompletableFuture<String> ask(Session session) throws Exception {
        return session.loop()
                .submit(() -> session.ask(ConnectProcedures.CONNECT_GET_HOSTNAME, null, null))
                .get()
                .thenApply(result -> result.hostname());
    }

    private static Throwable failure(CompletableFuture<?> future) throws Exception {
        return LibvirtException.unwrap(
                future.handle((value, failure) -> failure).get(10, TimeUnit.SECONDS));
    }
}
