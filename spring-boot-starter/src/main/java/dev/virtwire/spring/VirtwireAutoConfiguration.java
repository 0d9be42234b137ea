// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.spring;

import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.ConnectionListener;
import dev.virtwire.client.CredentialCallback;
import dev.virtwire.client.Libvirt;
import java.util.List;
import java.util.Objects;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/**
 * A {@link Libvirt} that is connected to {@code virtwire.uri}, if that is set. A bean of the application's own of that
 * type, or of {@link ConnectOptions}, takes the place of the one made here.
 *
 * @since 0.1
 */
@AutoConfiguration
@ConditionalOnProperty("virtwire.uri")
@EnableConfigurationProperties(VirtwireProperties.class)
public class VirtwireAutoConfiguration {
    @Bean
    @ConditionalOnMissingBean
    ConnectOptions virtwireConnectOptions(
            VirtwireProperties properties,
            ObjectProvider<CredentialCallback> credentials,
            ObjectProvider<ConnectionListener> listeners,
            ObjectProvider<ConnectOptionsCustomizer> customizers) {
        ConnectOptions.Builder options = properties.toOptions();
        credentials.ifAvailable(options::credentials);
        List<ConnectionListener> all = listeners.orderedStream().toList();
        if (!all.isEmpty()) {
            options.listener(all.size() == 1 ? all.get(0) : new Listeners(all));
        }
        customizers.orderedStream().forEach(customizer -> customizer.customize(options));
        return options.build();
    }

    @Bean
    @ConditionalOnMissingBean(Libvirt.class)
    LibvirtBean libvirt(VirtwireProperties properties, ConnectOptions options) {
        return new LibvirtBean(
                Objects.requireNonNull(properties.uri(), "virtwire.uri"),
                options,
                properties.shutdownTimeoutOrDefault());
    }
}
