// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.domain;

import dev.virtwire.client.internal.params.ParameterCalls;
import dev.virtwire.client.params.TypedParameters;
import dev.virtwire.protocol.remote.DomainAffectFlags;
import dev.virtwire.protocol.remote.DomainGetMaxMemoryResult;
import dev.virtwire.protocol.remote.DomainMemoryFlags;
import dev.virtwire.protocol.remote.DomainMemoryPeekFlags;
import dev.virtwire.protocol.remote.DomainMemoryPeekResult;
import dev.virtwire.protocol.remote.DomainMemoryStat;
import dev.virtwire.protocol.remote.DomainParametersFlags;
import dev.virtwire.protocol.remote.MemoryCalls;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/**
 * A domain's memory. {@link Domain#memory()} gives it; it holds no state.
 *
 * @since 0.1
 */
public final class DomainMemory {
    /** The most figures that the protocol carries. */
    private static final int MAX_STATISTICS = 1024;

    private final Domain domain;

    DomainMemory(Domain domain) {
        this.domain = domain;
    }

    /** The most that it may have, in KiB ({@code virDomainGetMaxMemory}). */
    public CompletableFuture<Long> maximumKiB() {
        return calls().domainGetMaxMemory(domain.ref()).thenApply(DomainGetMaxMemoryResult::memory);
    }

    /**
     * Sets what it has, in KiB ({@code virDomainSetMemoryFlags}); a running guest gives back what its balloon can get.
     */
    public CompletableFuture<Void> setKiB(long memoryKiB, DomainMemoryFlags... flags) {
        return calls().domainSetMemoryFlags(domain.ref(), memoryKiB, Set.of(flags));
    }

    /**
     * Sets the most that it may have, in KiB ({@code virDomainSetMemoryFlags} with {@link DomainMemoryFlags#MAXIMUM});
     * hardly a hypervisor can do that while it runs.
     */
    public CompletableFuture<Void> setMaximumKiB(long memoryKiB, DomainMemoryFlags... flags) {
        return calls().domainSetMemoryFlags(domain.ref(), memoryKiB, EnumSet.of(DomainMemoryFlags.MAXIMUM, flags));
    }

    /** What a running domain's memory is used for ({@code virDomainMemoryStats}). */
    public CompletableFuture<MemoryStatistics> statistics() {
        return calls().domainMemoryStats(domain.ref(), MAX_STATISTICS)
                .thenApply(result -> new MemoryStatistics(result.stats().stream()
                        .collect(Collectors.toMap(
                                DomainMemoryStat::tag, DomainMemoryStat::val, (first, second) -> second))));
    }

    /**
     * Says how often the guest is asked for those figures ({@code virDomainSetMemoryStatsPeriod}).
     *
     * @param period rounded up to seconds; zero to ask no more
     */
    public CompletableFuture<Void> setStatisticsPeriod(Duration period, DomainMemoryFlags... flags) {
        return calls().domainSetMemoryStatsPeriod(domain.ref(), WholeSeconds.of(period, "period"), Set.of(flags));
    }

    /** Its limits, such as {@code hard_limit} in KiB ({@code virDomainGetMemoryParameters}). */
    public CompletableFuture<TypedParameters> limits(DomainParametersFlags... flags) {
        return ParameterCalls.twoSteps(
                domain.libvirt(),
                Set.of(flags),
                (count, all) -> calls().domainGetMemoryParameters(domain.ref(), count, all)
                        .thenApply(result -> new ParameterCalls.Answer(result.params(), result.nparams())));
    }

    /** Sets limits ({@code virDomainSetMemoryParameters}). */
    public CompletableFuture<Void> setLimits(TypedParameters limits, DomainAffectFlags... flags) {
        return calls().domainSetMemoryParameters(domain.ref(), limits.toWire(), Set.of(flags));
    }

    /**
     * What a running guest's memory holds at a place ({@code virDomainMemoryPeek}).
     *
     * @param offset bytes
     * @param length bytes, at most 4 MiB
     * @param kind which addresses those are
     */
    public CompletableFuture<byte[]> peek(long offset, int length, DomainMemoryPeekFlags kind) {
        return calls().domainMemoryPeek(domain.ref(), offset, length, Set.of(kind))
                .thenApply(DomainMemoryPeekResult::buffer);
    }

    private MemoryCalls calls() {
        return new MemoryCalls(domain.libvirt());
    }
}
