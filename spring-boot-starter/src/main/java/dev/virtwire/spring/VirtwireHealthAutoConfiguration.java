// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.spring;

import dev.virtwire.client.Libvirt;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/**
 * The health of the connection, if the application has Spring Boot's health: {@code
 * management.health.virtwire.enabled=false} turns it off.
 *
 * @since 0.1
 */
@AutoConfiguration(after = VirtwireAutoConfiguration.class)
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnBean(Libvirt.class)
@ConditionalOnEnabledHealthIndicator("virtwire")
public class VirtwireHealthAutoConfiguration {
    @Bean
    @ConditionalOnMissingBean(name = "virtwireHealthIndicator")
    HealthIndicator virtwireHealthIndicator(Libvirt libvirt) {
        return new VirtwireHealthIndicator(libvirt);
    }
}
