// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.spring;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.Version;
import dev.virtwire.protocol.CallOptions;
import java.time.Duration;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Up if the server answers a call within some seconds. One that is away and is connected to again is down meanwhile.
 */
final class VirtwireHealthIndicator extends AbstractHealthIndicator {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Libvirt libvirt;

    VirtwireHealthIndicator(Libvirt libvirt) {
        this.libvirt = libvirt.with(CallOptions.within(PATIENCE));
    }

    @Override
    protected void doHealthCheck(Health.Builder health) {
        health.withDetail("uri", libvirt.uri().toString());
        try {
            Version version = Libvirt.await(libvirt.libvirtVersion());
            health.up().withDetail("libvirt", version.toString());
        } catch (LibvirtException e) {
            // Said by the health itself, and not once more by a log each time that somebody asks, as an exception is.
            health.down().withDetail("error", e.getClass().getName() + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            health.down().withDetail("error", "interrupted while it waited for an answer");
        }
    }
}
