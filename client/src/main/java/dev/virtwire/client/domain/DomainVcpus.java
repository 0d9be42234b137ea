// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.domain;

import dev.virtwire.client.event.DomainEventKind;
import dev.virtwire.client.internal.params.ParameterCalls;
import dev.virtwire.client.params.TypedParameters;
import dev.virtwire.protocol.remote.DomainAffectFlags;
import dev.virtwire.protocol.remote.DomainGetVcpusFlagsResult;
import dev.virtwire.protocol.remote.DomainVcpuFlags;
import dev.virtwire.protocol.remote.NodeCalls;
import dev.virtwire.protocol.remote.NodeGetCpuMapResult;
import dev.virtwire.protocol.remote.SetVcpuFlags;
import dev.virtwire.protocol.remote.VcpuCalls;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * A domain's virtual CPUs. {@link Domain#vcpus()} gives it; it holds no state.
 *
 * @since 0.1
 */
public final class DomainVcpus {
    private final Domain domain;

    DomainVcpus(Domain domain) {
        this.domain = domain;
    }

    /**
     * How many there are ({@code virDomainGetVcpusFlags}): of the running domain or as configured, with
     * {@link DomainVcpuFlags#MAXIMUM} the most that there may be.
     */
    public CompletableFuture<Integer> count(DomainVcpuFlags... flags) {
        return calls().domainGetVcpusFlags(domain.ref(), Set.of(flags)).thenApply(DomainGetVcpusFlagsResult::num);
    }

    /** Sets how many there are ({@code virDomainSetVcpusFlags}). */
    public CompletableFuture<Void> setCount(int count, DomainVcpuFlags... flags) {
        return calls().domainSetVcpusFlags(domain.ref(), count, Set.of(flags));
    }

    /**
     * Brings virtual CPUs in or takes them out ({@code virDomainSetVcpu}). With {@link SetVcpuFlags#ASYNC_UNPLUG}, a
     * CPU is gone when {@link DomainEventKind#VCPU_REMOVED} says so.
     *
     * @param which such as {@code 2} or {@code 0-3,^2}
     */
    public CompletableFuture<Void> enable(String which, boolean in, SetVcpuFlags... flags) {
        return calls().domainSetVcpu(domain.ref(), which, in ? 1 : 0, Set.of(flags));
    }

    /** Those of a running domain, with the host's CPUs that each may run on ({@code virDomainGetVcpus}). */
    public CompletableFuture<List<Vcpu>> list() {
        return hostCpus()
                .thenCompose(hostCpus -> domain.info().thenCompose(info -> {
                    int mapLength = mapLength(hostCpus);
                    return calls().domainGetVcpus(domain.ref(), info.vcpus(), mapLength)
                            .thenApply(result -> {
                                List<BitSet> maps = maps(result.cpumaps(), mapLength);
                                List<Vcpu> vcpus = new ArrayList<>();
                                for (int i = 0; i < result.info().size(); i++) {
                                    var vcpu = result.info().get(i);
                                    vcpus.add(new Vcpu(
                                            Math.toIntExact(vcpu.number()),
                                            vcpu.state(),
                                            Duration.ofNanos(vcpu.cpuTime()),
                                            vcpu.cpu(),
                                            i < maps.size() ? maps.get(i) : new BitSet()));
                                }
                                return List.copyOf(vcpus);
                            });
                }));
    }

    /**
     * The host's CPUs that each may run on, also of a domain that does not run ({@code virDomainGetVcpuPinInfo}). An
     * element's index is the number of the virtual CPU: those that are offline, up to the most that there may be, are
     * among them.
     */
    public CompletableFuture<List<BitSet>> pinning(DomainAffectFlags... flags) {
        Set<DomainVcpuFlags> most = EnumSet.of(DomainVcpuFlags.MAXIMUM);
        most.addAll(DomainVcpuFlags.of(DomainAffectFlags.bits(Set.of(flags))));
        return hostCpus()
                .thenCompose(hostCpus -> calls().domainGetVcpusFlags(domain.ref(), most)
                        .thenCompose(vcpus -> {
                            int mapLength = mapLength(hostCpus);
                            return calls().domainGetVcpuPinInfo(domain.ref(), vcpus.num(), mapLength, Set.of(flags))
                                    .thenApply(result -> maps(result.cpumaps(), mapLength));
                        }));
    }

    /**
     * Says which of the host's CPUs a virtual one may run on ({@code virDomainPinVcpuFlags}).
     *
     * @param vcpu its number, from 0
     * @param hostCpus the numbers of the host's CPUs
     */
    public CompletableFuture<Void> pin(int vcpu, BitSet hostCpus, DomainAffectFlags... flags) {
        return calls().domainPinVcpuFlags(domain.ref(), vcpu, hostCpus.toByteArray(), Set.of(flags));
    }

    /** CPU time of all virtual CPUs together, by libvirt's names, in nanoseconds ({@code virDomainGetCPUStats}). */
    public CompletableFuture<TypedParameters> totalStatistics() {
        return ParameterCalls.twoSteps(
                domain.libvirt(),
                (count, flags) -> calls().domainGetCpuStats(domain.ref(), count, -1, 1, flags)
                        .thenApply(result -> new ParameterCalls.Answer(result.params(), result.nparams())));
    }

    private CompletableFuture<Integer> hostCpus() {
        return new NodeCalls(domain.libvirt()).nodeGetCpuMap(0, 0).thenApply(NodeGetCpuMapResult::count);
    }

    private static int mapLength(int hostCpus) {
        return (hostCpus + Byte.SIZE - 1) / Byte.SIZE;
    }

    private static List<BitSet> maps(byte[] bytes, int length) {
        List<BitSet> maps = new ArrayList<>();
        for (int from = 0; length > 0 && from + length <= bytes.length; from += length) {
            maps.add(BitSet.valueOf(Arrays.copyOfRange(bytes, from, from + length)));
        }
        return List.copyOf(maps);
    }

    private VcpuCalls calls() {
        return new VcpuCalls(domain.libvirt());
    }
}
