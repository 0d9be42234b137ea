// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.virtwire.client.CallReport;
import dev.virtwire.client.ConnectFailedException;
import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.ConnectionListener;
import dev.virtwire.client.ConnectionMeter;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.ReconnectPolicy;
import dev.virtwire.micrometer.BackupMetrics;
import dev.virtwire.micrometer.ConnectionMetrics;
import dev.virtwire.protocol.remote.ConnectGetHostnameResult;
import dev.virtwire.protocol.remote.ConnectGetLibVersionResult;
import dev.virtwire.protocol.remote.ConnectProcedures;
import dev.virtwire.testkit.ScriptedLibvirtd;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

@Timeout(60)
class VirtwireAutoConfigurationTest {
    private final ScriptedLibvirtd libvirtd = ScriptedLibvirtd.start()
            .answer(ConnectProcedures.CONNECT_GET_LIB_VERSION, none -> new ConnectGetLibVersionResult(11_003_000));

    private final ApplicationContextRunner application = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    VirtwireAutoConfiguration.class,
                    VirtwireMetricsAutoConfiguration.class,
                    VirtwireHealthAutoConfiguration.class));
    private final ApplicationContextRunner connected = application.withPropertyValues("virtwire.uri=" + libvirtd.uri());

    @AfterEach
    void end() {
        libvirtd.close();
    }

    @Test
    void withoutAUriThereIsNoConnection() {
        application.run(context -> assertThat(context)
                .hasNotFailed()
                .doesNotHaveBean(Libvirt.class)
                .doesNotHaveBean(HealthIndicator.class));
    }

    @Test
    void theConnectionIsABeanThatIsConnectedAgain() {
        connected.run(context -> {
            assertThat(context).hasSingleBean(Libvirt.class);
            Libvirt libvirt = context.getBean(Libvirt.class);
            assertThat(Libvirt.await(libvirt.hostname())).isEqualTo("scripted");
            libvirtd.hangUp();
            await().until(() -> libvirtd.callsOf(ConnectProcedures.CONNECT_OPEN) == 2);
            assertThat(Libvirt.await(libvirt.hostname())).isEqualTo("scripted");
            ReconnectPolicy policy = context.getBean(ConnectOptions.class).reconnect();
            assertThat(policy.giveUpAfter()).isGreaterThan(Duration.ofDays(365));
        });
    }

    @Test
    void propertiesAreOptions() {
        connected
                .withPropertyValues(
                        "virtwire.read-only=true",
                        "virtwire.connect-timeout=7s",
                        "virtwire.call-timeout=8s",
                        "virtwire.max-in-flight=3",
                        "virtwire.max-queued=5",
                        "virtwire.event-buffer=6",
                        "virtwire.keep-alive.interval=9s",
                        "virtwire.reconnect.first-delay=1s",
                        "virtwire.reconnect.longest-delay=2s",
                        "virtwire.reconnect.give-up-after=3s")
                .run(context -> {
                    ConnectOptions options = context.getBean(ConnectOptions.class);
                    assertThat(options.readOnly()).isTrue();
                    assertThat(options.connectTimeout()).isEqualTo(Duration.ofSeconds(7));
                    assertThat(options.callTimeout()).isEqualTo(Duration.ofSeconds(8));
                    assertThat(options.maxInFlight()).isEqualTo(3);
                    assertThat(options.maxQueued()).isEqualTo(5);
                    assertThat(options.eventBuffer()).isEqualTo(6);
                    assertThat(options.keepAliveInterval()).isEqualTo(Duration.ofSeconds(9));
                    assertThat(options.keepAliveCount())
                            .isEqualTo(ConnectOptions.defaults().keepAliveCount());
                    assertThat(options.reconnect())
                            .isEqualTo(new ReconnectPolicy(
                                    Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(3)));
                });
        connected
                .withPropertyValues("virtwire.reconnect.enabled=false")
                .run(context -> assertThat(context.getBean(ConnectOptions.class).reconnect())
                        .isNull());
    }

    @Test
    void anApplicationWhoseServerIsAwayDoesNotStart() {
        application
                .withPropertyValues("virtwire.uri=qemu+tcp://127.0.0.1:1/system")
                .run(context -> assertThat(context.getStartupFailure())
                        .hasRootCauseInstanceOf(java.net.ConnectException.class)
                        .satisfies(failure ->
                                assertThat(chain(failure)).anyMatch(ConnectFailedException.class::isInstance)));
    }

    private static List<Throwable> chain(Throwable failure) {
        List<Throwable> chain = new ArrayList<>();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            chain.add(cause);
        }
        return chain;
    }

    @Test
    void closingWaitsForCallsThatAreUnderWay() {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch closing = new CountDownLatch(1);
        List<CompletableFuture<String>> calls = new ArrayList<>();
        libvirtd.answer(ConnectProcedures.CONNECT_GET_HOSTNAME, none -> {
            asked.countDown();
            awaitHere(closing);
            return new ConnectGetHostnameResult("late");
        });
        connected.run(context -> {
            calls.add(context.getBean(Libvirt.class).hostname());
            awaitHere(asked);
            // While it is being closed, unless this machine is slow.
            CompletableFuture.delayedExecutor(300, TimeUnit.MILLISECONDS).execute(closing::countDown);
        });
        assertThat(calls.get(0)).isCompletedWithValue("late");
        assertThat(libvirtd.callsOf(ConnectProcedures.CONNECT_CLOSE)).isEqualTo(1);
    }

    @Test
    void closingDoesNotWaitWithoutEnd() {
        libvirtd.leaveUnanswered(ConnectProcedures.CONNECT_GET_HOSTNAME);
        List<CompletableFuture<String>> calls = new ArrayList<>();
        connected
                .withPropertyValues("virtwire.shutdown-timeout=20ms")
                .run(context -> calls.add(context.getBean(Libvirt.class).hostname()));
        await().until(() -> calls.get(0).isCompletedExceptionally());
    }

    @Test
    void healthIsWhetherTheServerAnswers() {
        connected.withPropertyValues("virtwire.reconnect.enabled=false").run(context -> {
            HealthIndicator health = context.getBean("virtwireHealthIndicator", HealthIndicator.class);
            assertThat(health.health().getStatus()).isEqualTo(Status.UP);
            assertThat(health.health().getDetails())
                    .containsEntry("libvirt", "11.3.0")
                    .containsEntry("uri", libvirtd.uri());
            libvirtd.hangUp();
            context.getBean(Libvirt.class).closed().join();
            assertThat(health.health().getStatus()).isEqualTo(Status.DOWN);
        });
        connected
                .withPropertyValues("management.health.virtwire.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(HealthIndicator.class));
        connected
                .withClassLoader(new FilteredClassLoader(HealthIndicator.class))
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(Libvirt.class));
    }

    @Test
    void metricsAreBoundIfThereIsARegistry() {
        connected.withBean(SimpleMeterRegistry.class).run(context -> {
            assertThat(context).hasSingleBean(ConnectionMetrics.class).hasSingleBean(BackupMetrics.class);
            Libvirt.await(context.getBean(Libvirt.class).hostname());
            MeterRegistry registry = context.getBean(MeterRegistry.class);
            await().untilAsserted(() -> assertThat(registry.get("virtwire.calls")
                            .tags("procedure", "ConnectGetHostname", "outcome", "succeeded")
                            .timer()
                            .count())
                    .isEqualTo(1));
        });
        connected.run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(ConnectionMetrics.class));
        connected
                .withBean(SimpleMeterRegistry.class)
                .withClassLoader(new FilteredClassLoader("dev.virtwire.micrometer", "dev.virtwire.backup"))
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(Libvirt.class));
    }

    @Test
    void allListenersHearAndCustomizersHaveTheLastWord() {
        List<String> heard = Collections.synchronizedList(new ArrayList<>());
        connected
                .withBean("one", ConnectionListener.class, () -> listener("one", heard))
                .withBean("two", ConnectionListener.class, () -> listener("two", heard))
                .withBean(ConnectOptionsCustomizer.class, () -> options -> options.maxInFlight(2))
                .run(context -> {
                    Libvirt.await(context.getBean(Libvirt.class).hostname());
                    await().untilAsserted(() -> assertThat(heard).containsExactly("one", "two"));
                    assertThat(context.getBean(ConnectOptions.class).maxInFlight())
                            .isEqualTo(2);
                });
    }

    private static ConnectionListener listener(String name, List<String> heard) {
        return new ConnectionListener() {
            @Override
            public void called(ConnectionMeter connection, CallReport call) {
                if (call.procedure().equals("ConnectGetHostname")) {
                    heard.add(name);
                }
            }
        };
    }

    private static void awaitHere(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
