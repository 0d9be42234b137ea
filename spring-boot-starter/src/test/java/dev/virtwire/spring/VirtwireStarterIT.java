// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.PrivateLibvirtd;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** An application as its author writes it: the starter is found by itself. */
class VirtwireStarterIT {
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {
        @Bean
        SimpleMeterRegistry registry() {
            return new SimpleMeterRegistry();
        }
    }

    @Test
    void anApplicationUsesARealLibvirtdAndOutlivesItsRestart() {
        try (Libvirtd libvirtd = PrivateLibvirtd.start()) {
            new ApplicationContextRunner()
                    .withUserConfiguration(Application.class)
                    .withPropertyValues(
                            "virtwire.uri=" + libvirtd.testUnixUri(), "virtwire.reconnect.longest-delay=500ms")
                    .run(context -> {
                        Libvirt libvirt = context.getBean(Libvirt.class);
                        assertThat(Libvirt.await(libvirt.domains()))
                                .extracting(Domain::name)
                                .containsExactly("test");
                        HealthIndicator health = context.getBean("virtwireHealthIndicator", HealthIndicator.class);
                        assertThat(health.health().getStatus()).isEqualTo(Status.UP);

                        libvirtd.kill();
                        await().until(() -> health.health().getStatus() == Status.DOWN);
                        libvirtd.restart();
                        await().atMost(Duration.ofMinutes(1))
                                .until(() -> health.health().getStatus() == Status.UP);
                        assertThat(Libvirt.await(libvirt.domains())).hasSize(1);
                        MeterRegistry registry = context.getBean(MeterRegistry.class);
                        await().untilAsserted(() -> assertThat(registry.get("virtwire.connections.lost")
                                        .counter()
                                        .count())
                                .isGreaterThanOrEqualTo(1));
                    });
        }
    }
}
