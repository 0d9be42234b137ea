// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.ConnectGetHostnameResult;
import dev.virtwire.protocol.remote.ConnectProcedures;
import dev.virtwire.testkit.ScriptedError;
import dev.virtwire.testkit.ScriptedLibvirtd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What code that waits can catch, and whether it sees there who has waited. */
@Timeout(60)
class CatchTest {
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `(\\w+)` \\|[^|]*\\| ([^|]*) \\|$");

    private final ScriptedLibvirtd libvirtd = ScriptedLibvirtd.start();
    private final Libvirt libvirt = Libvirt.connect(libvirtd.uri()).join();

    @AfterEach
    void end() {
        libvirt.close();
        libvirtd.close();
    }

    private void answer(ErrorCode code) {
        libvirtd.answer(ConnectProcedures.CONNECT_GET_HOSTNAME, none -> {
            throw new ScriptedError(code, "as scripted");
        });
    }

    /** A call that no answer comes to. */
    private CompletableFuture<String> unanswered() {
        libvirtd.leaveUnanswered(ConnectProcedures.CONNECT_GET_HOSTNAME);
        return libvirt.hostname();
    }

    @Test
    void aCatchMatchesTheClassOfTheServersError() throws Exception {
        answer(ErrorCode.NO_DOMAIN);
        try {
            Libvirt.await(libvirt.hostname());
            throw new AssertionError("nothing was thrown");
        } catch (NoSuchDomainException e) {
            assertThat(e.is(ErrorCode.NO_DOMAIN)).isTrue();
            assertThat(e.procedure()).isEqualTo("ConnectGetHostname");
            assertThat(e.details().message()).isEqualTo("as scripted");
            assertThat(e).hasMessageStartingWith("as scripted (error 42 NO_DOMAIN, ConnectGetHostname on ");
        }
    }

    @Test
    void thePageHasTheClassOfEveryCode() throws IOException {
        Map<String, String> onThePage = new TreeMap<>();
        for (MatchResult row : ROW.matcher(Files.readString(Path.of("../docs/java.md")))
                .results()
                .toList()) {
            Pattern.compile("`([A-Z_]+)`")
                    .matcher(row.group(2))
                    .results()
                    .forEach(code -> onThePage.put(code.group(1), row.group(1)));
        }
        Map<String, String> here = new TreeMap<>(Arrays.stream(ErrorCode.values())
                .filter(code -> classOf(code) != RemoteException.class)
                .collect(Collectors.toMap(ErrorCode::name, code -> classOf(code).getSimpleName())));
        assertThat(onThePage).isEqualTo(here).hasSizeGreaterThan(30);
    }

    private static Class<?> classOf(ErrorCode code) {
        return RemoteException.of(
                        "host",
                        "DomainCreate",
                        1,
                        new RemoteException.Details(code.value(), 0, "no", 2, null, null, null, null, 0, 0, null))
                .getClass();
    }

    @Test
    void theTraceShowsWhoWaited() {
        answer(ErrorCode.OPERATION_INVALID);
        assertThatThrownBy(() -> Libvirt.await(libvirt.hostname()))
                .isExactlyInstanceOf(OperationInvalidException.class)
                .satisfies(CatchTest::showsThisTest)
                .cause()
                .isExactlyInstanceOf(OperationInvalidException.class)
                .satisfies(cause -> assertThat(cause.getCause()).isNull());
        assertThatThrownBy(() -> Libvirt.await(Libvirt.connect("qemu+tcp://127.0.0.1:1/system")))
                .isExactlyInstanceOf(ConnectFailedException.class)
                .satisfies(CatchTest::showsThisTest)
                .satisfies(CatchTest::hidesNetty);
    }

    @Test
    void soDoesThatOfJoinWhoeverHasCompletedIt() throws Exception {
        answer(ErrorCode.OPERATION_INVALID);
        CompletableFuture<Integer> later = libvirt.hostname().thenApply(String::length);
        assertThat(later.handle((done, failure) -> failure).get()).isInstanceOf(CompletionException.class);
        assertThatThrownBy(later::join)
                .isExactlyInstanceOf(CompletionException.class)
                .satisfies(CatchTest::showsThisTest)
                .satisfies(CatchTest::hidesNetty)
                .hasMessageContaining("OperationInvalidException: as scripted")
                .hasCauseExactlyInstanceOf(OperationInvalidException.class);
        CompletableFuture<Libvirt> connecting = Libvirt.connect("qemu+tcp://127.0.0.1:1/system");
        assertThatThrownBy(connecting::join)
                .isExactlyInstanceOf(CompletionException.class)
                .satisfies(CatchTest::showsThisTest)
                .hasCauseExactlyInstanceOf(ConnectFailedException.class);
    }

    private static void showsThisTest(Throwable failure) {
        assertThat(failure.getStackTrace())
                .extracting(StackTraceElement::getClassName)
                .anyMatch(name -> name.startsWith(CatchTest.class.getName()));
    }

    private static void hidesNetty(Throwable failure) {
        List<StackTraceElement> netty = new ArrayList<>();
        for (Throwable error = failure; error instanceof LibvirtException; error = error.getCause()) {
            Arrays.stream(error.getStackTrace())
                    .filter(frame -> frame.getClassName().startsWith("io.netty."))
                    .forEach(netty::add);
        }
        assertThat(netty).isEmpty();
    }

    @Test
    void whoeverIsInterruptedGivesUp() {
        CompletableFuture<String> call = unanswered();
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread waiting = new Thread(() -> {
            try {
                Libvirt.await(call);
            } catch (Throwable e) {
                thrown.set(e);
            }
        });
        waiting.start();
        await().until(() -> waiting.getState() == Thread.State.WAITING);
        waiting.interrupt();
        await().until(() -> thrown.get() != null);
        assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
        assertThat(call).isCancelled();
    }

    @Test
    void whoeverHasWaitedLongEnoughGivesUp() {
        CompletableFuture<String> call = unanswered();
        assertThatThrownBy(() -> Libvirt.await(call, Duration.ofMillis(20)))
                .isExactlyInstanceOf(CallTimeoutException.class)
                .hasMessageContaining("PT0.02S");
        assertThat(call).isCancelled();
        assertThatThrownBy(() -> Libvirt.await(unanswered().orTimeout(20, TimeUnit.MILLISECONDS)))
                .isExactlyInstanceOf(CallTimeoutException.class)
                .hasMessageContaining("orTimeout");
    }

    @Test
    void whatCannotBeCancelledIsNotWaitedForEither() {
        CompletableFuture<CloseReason> end = libvirt.closed();
        assertThatThrownBy(() -> Libvirt.await(end, Duration.ofMillis(20)))
                .isExactlyInstanceOf(CallTimeoutException.class);
        assertThat(end).isNotDone();
    }

    @Test
    void whatIsNotOfThisLibraryIsThrownAsItIs() throws Exception {
        IllegalStateException own = new IllegalStateException("of a step");
        assertThatThrownBy(() -> Libvirt.await(libvirt.hostname().thenApply(name -> {
                    throw own;
                })))
                .isSameAs(own);
        IOException checked = new IOException("checked");
        assertThatThrownBy(() -> Libvirt.await(CompletableFuture.failedFuture(checked)))
                .isExactlyInstanceOf(CompletionException.class)
                .hasCause(checked);
        CompletableFuture<String> cancelled = unanswered();
        cancelled.cancel(false);
        assertThatThrownBy(() -> Libvirt.await(cancelled)).isInstanceOf(CancellationException.class);
        assertThat(Libvirt.await(CompletableFuture.completedFuture("done"), Duration.ofDays(Long.MAX_VALUE / 86_400)))
                .isEqualTo("done");
    }

    @Test
    void inACallbackItThrowsInsteadOfWaitingForItself() {
        CountDownLatch attached = new CountDownLatch(1);
        libvirtd.answer(ConnectProcedures.CONNECT_GET_HOSTNAME, none -> {
            try {
                attached.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            return new ConnectGetHostnameResult("scripted");
        });
        CompletableFuture<Object> waited = libvirt.hostname().handle((name, failure) -> {
            try {
                return Libvirt.await(libvirt.hostname());
            } catch (IllegalStateException | InterruptedException e) {
                return e;
            }
        });
        attached.countDown();
        await().until(waited::isDone);
        assertThat(waited).isCompletedWithValueMatching(IllegalStateException.class::isInstance);
    }
}
