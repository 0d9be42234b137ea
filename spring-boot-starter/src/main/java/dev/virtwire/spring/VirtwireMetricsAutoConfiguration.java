// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.spring;

import dev.virtwire.backup.Backups;
import dev.virtwire.micrometer.BackupMetrics;
import dev.virtwire.micrometer.ConnectionMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Metrics of the connection, if the application has a {@link MeterRegistry} and {@code virtwire-micrometer}; and a
 * {@link BackupMetrics} for its backups, if it has {@code virtwire-backup} too.
 *
 * @since 0.1
 */
@AutoConfiguration(
        before = VirtwireAutoConfiguration.class,
        afterName = {
            "org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration",
            "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration",
            "org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration"
        })
@ConditionalOnClass({MeterRegistry.class, ConnectionMetrics.class})
@ConditionalOnBean(MeterRegistry.class)
public class VirtwireMetricsAutoConfiguration {
    @Bean
    @ConditionalOnMissingBean
    ConnectionMetrics virtwireConnectionMetrics(MeterRegistry registry) {
        return new ConnectionMetrics(registry);
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(Backups.class)
    static class OfBackups {
        @Bean
        @ConditionalOnMissingBean
        BackupMetrics virtwireBackupMetrics(MeterRegistry registry) {
            return new BackupMetrics(registry);
        }
    }
}
