// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.domain;

import dev.virtwire.client.internal.params.ParameterCalls;
import dev.virtwire.client.params.TypedParameters;
import dev.virtwire.protocol.remote.DeviceCalls;
import dev.virtwire.protocol.remote.DomainAffectFlags;
import dev.virtwire.protocol.remote.DomainInterfaceAddressesResult;
import dev.virtwire.protocol.remote.DomainParametersFlags;
import dev.virtwire.protocol.remote.GuestCalls;
import dev.virtwire.protocol.remote.GuestInterface;
import dev.virtwire.protocol.remote.InterfaceAddressesSource;
import dev.virtwire.protocol.remote.TuningCalls;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * A running domain's network interfaces. {@link Domain#interfaces()} gives it; it holds no state.
 *
 * @since 0.1
 */
public final class DomainInterfaces {
    private final Domain domain;

    DomainInterfaces(Domain domain) {
        this.domain = domain;
    }

    /** Which addresses they have, as this source knows it ({@code virDomainInterfaceAddresses}). */
    public CompletableFuture<List<GuestInterface>> addresses(InterfaceAddressesSource source) {
        return new GuestCalls(domain.libvirt())
                .domainInterfaceAddresses(domain.ref(), source)
                .thenApply(DomainInterfaceAddressesResult::ifaces);
    }

    /**
     * What went through one ({@code virDomainInterfaceStats}).
     *
     * @param device its target on the host, such as {@code vnet0}, or its MAC address
     */
    public CompletableFuture<InterfaceStatistics> statistics(String device) {
        return new DeviceCalls(domain.libvirt())
                .domainInterfaceStats(domain.ref(), device)
                .thenApply(stats -> new InterfaceStatistics(
                        stats.rxBytes(),
                        stats.rxPackets(),
                        stats.rxErrs(),
                        stats.rxDrop(),
                        stats.txBytes(),
                        stats.txPackets(),
                        stats.txErrs(),
                        stats.txDrop()));
    }

    /**
     * The limits of one's throughput, such as {@code inbound.average} in KiB a second ({@code
     * virDomainGetInterfaceParameters}).
     */
    public CompletableFuture<TypedParameters> limits(String device, DomainParametersFlags... flags) {
        return ParameterCalls.twoSteps(
                domain.libvirt(),
                Set.of(flags),
                (count, all) -> tuning().domainGetInterfaceParameters(domain.ref(), device, count, all)
                        .thenApply(result -> new ParameterCalls.Answer(result.params(), result.nparams())));
    }

    /** Sets such limits ({@code virDomainSetInterfaceParameters}). */
    public CompletableFuture<Void> setLimits(String device, TypedParameters limits, DomainAffectFlags... flags) {
        return tuning().domainSetInterfaceParameters(domain.ref(), device, limits.toWire(), Set.of(flags));
    }

    private TuningCalls tuning() {
        return new TuningCalls(domain.libvirt());
    }
}
