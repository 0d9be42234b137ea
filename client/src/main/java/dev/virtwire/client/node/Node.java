// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.node;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.internal.params.ParameterCalls;
import dev.virtwire.client.params.TypedParameters;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.ConnectCalls;
import dev.virtwire.protocol.remote.ConnectGetCpuModelNamesResult;
import dev.virtwire.protocol.remote.ConnectGetDomainCapabilitiesResult;
import dev.virtwire.protocol.remote.ConnectGetMaxVcpusResult;
import dev.virtwire.protocol.remote.ConnectGetSysinfoResult;
import dev.virtwire.protocol.remote.ConnectListAllNodeDevicesFlags;
import dev.virtwire.protocol.remote.NodeCalls;
import dev.virtwire.protocol.remote.NodeCell;
import dev.virtwire.protocol.remote.NodeCpu;
import dev.virtwire.protocol.remote.NodeCpuStat;
import dev.virtwire.protocol.remote.NodeDeviceCalls;
import dev.virtwire.protocol.remote.NodeGetCellsFreeMemoryResult;
import dev.virtwire.protocol.remote.NodeGetFreeMemoryResult;
import dev.virtwire.protocol.remote.NodeMemoryStat;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The host of a connection. {@link Libvirt#node()} gives it; it holds no state.
 *
 * @since 0.1
 */
public final class Node {
    private final Libvirt libvirt;

    private Node(Libvirt libvirt) {
        this.libvirt = libvirt;
    }

    /** This connection's host; nothing is asked. */
    public static Node of(Libvirt libvirt) {
        return new Node(libvirt);
    }

    /** Its processors and memory ({@code virNodeGetInfo}). */
    public CompletableFuture<NodeInfo> info() {
        return nodes().nodeGetInfo()
                .thenApply(info -> new NodeInfo(
                        text(info.model()),
                        info.memory(),
                        info.cpus(),
                        info.mhz(),
                        info.nodes(),
                        info.sockets(),
                        info.cores(),
                        info.threads()));
    }

    /** What all its processors together have done ({@code virNodeGetCPUStats}), in nanoseconds, by libvirt's names. */
    public CompletableFuture<Map<String, Long>> cpuStatistics() {
        return cpuStatistics(NodeCpu.ALL.value());
    }

    /** What one of its processors has done ({@code virNodeGetCPUStats}), in nanoseconds, by libvirt's names. */
    public CompletableFuture<Map<String, Long>> cpuStatistics(int cpu) {
        return nodes().nodeGetCpuStats(cpu, 0)
                .thenCompose(counted -> nodes().nodeGetCpuStats(cpu, counted.nparams()))
                .thenApply(result -> inOrder(result.params(), NodeCpuStat::field, NodeCpuStat::value));
    }

    /** What its memory is used for ({@code virNodeGetMemoryStats}), in KiB, by libvirt's names. */
    public CompletableFuture<Map<String, Long>> memoryStatistics() {
        return memoryStatistics(NodeCell.ALL.value());
    }

    /** What the memory of one NUMA cell is used for ({@code virNodeGetMemoryStats}), in KiB, by libvirt's names. */
    public CompletableFuture<Map<String, Long>> memoryStatistics(int cell) {
        return nodes().nodeGetMemoryStats(0, cell)
                .thenCompose(counted -> nodes().nodeGetMemoryStats(counted.nparams(), cell))
                .thenApply(result -> inOrder(result.params(), NodeMemoryStat::field, NodeMemoryStat::value));
    }

    /** Its free memory, in bytes ({@code virNodeGetFreeMemory}). */
    public CompletableFuture<Long> freeMemory() {
        return nodes().nodeGetFreeMemory().thenApply(NodeGetFreeMemoryResult::freeMem);
    }

    /** The free memory of its NUMA cells, in bytes ({@code virNodeGetCellsFreeMemory}). */
    public CompletableFuture<List<Long>> cellsFreeMemory(int firstCell, int count) {
        return nodes().nodeGetCellsFreeMemory(firstCell, count).thenApply(NodeGetCellsFreeMemoryResult::cells);
    }

    /** Which of its processors are online ({@code virNodeGetCPUMap}). */
    public CompletableFuture<BitSet> onlineCpus() {
        return nodes().nodeGetCpuMap(1, 0).thenApply(result -> BitSet.valueOf(result.cpumap()));
    }

    /** How it merges equal pages of memory ({@code virNodeGetMemoryParameters}). */
    public CompletableFuture<TypedParameters> memoryParameters() {
        return ParameterCalls.twoSteps(
                libvirt,
                (count, flags) -> nodes().nodeGetMemoryParameters(count, flags)
                        .thenApply(result -> new ParameterCalls.Answer(result.params(), result.nparams())));
    }

    /** What host and hypervisor can do, as XML ({@code virConnectGetCapabilities}). */
    public CompletableFuture<String> capabilities() {
        return libvirt.capabilities();
    }

    /**
     * What domains can have here, as XML ({@code virConnectGetDomainCapabilities}); null lets libvirt choose.
     *
     * @param emulator the hypervisor's program
     * @param arch such as {@code x86_64}
     * @param machine such as {@code q35}
     * @param virtType such as {@code kvm}
     */
    public CompletableFuture<String> domainCapabilities(
            @Nullable String emulator, @Nullable String arch, @Nullable String machine, @Nullable String virtType) {
        return connection()
                .connectGetDomainCapabilities(emulator, arch, machine, virtType, Set.of())
                .thenApply(ConnectGetDomainCapabilitiesResult::capabilities);
    }

    /** What its firmware says of the machine, as XML ({@code virConnectGetSysinfo}). */
    public CompletableFuture<String> sysinfo() {
        return connection().connectGetSysinfo().thenApply(ConnectGetSysinfoResult::sysinfo);
    }

    /**
     * The most virtual CPUs that a domain can have ({@code virConnectGetMaxVcpus}).
     *
     * @param virtType such as {@code kvm}; null lets libvirt choose
     */
    public CompletableFuture<Integer> maximumVcpus(@Nullable String virtType) {
        return connection().connectGetMaxVcpus(virtType).thenApply(ConnectGetMaxVcpusResult::maxVcpus);
    }

    /** The CPU models that libvirt knows of an architecture ({@code virConnectGetCPUModelNames}). */
    public CompletableFuture<List<String>> cpuModelNames(String arch) {
        return connection().connectGetCpuModelNames(arch, 1).thenApply(ConnectGetCpuModelNamesResult::models);
    }

    /** Its own network interfaces. */
    public HostInterfaces interfaces() {
        return new HostInterfaces(libvirt);
    }

    /** Its devices of these kinds ({@code virConnectListAllNodeDevices}); none for all that are active. */
    public CompletableFuture<List<NodeDevice>> devices(ConnectListAllNodeDevicesFlags... kinds) {
        return new NodeDeviceCalls(libvirt)
                .connectListAllNodeDevices(1, Set.of(kinds))
                .thenApply(result -> result.devices().stream()
                        .map(found -> NodeDevice.of(libvirt, found.name()))
                        .toList());
    }

    /**
     * The device of that name ({@code virNodeDeviceLookupByName}); fails with {@link ErrorCode#NO_NODE_DEVICE} if
     * the host has no such device.
     */
    public CompletableFuture<NodeDevice> device(String name) {
        return new NodeDeviceCalls(libvirt)
                .nodeDeviceLookupByName(name)
                .thenApply(result -> NodeDevice.of(libvirt, result.dev().name()));
    }

    private static <T> Map<String, Long> inOrder(List<T> stats, Function<T, String> name, Function<T, Long> value) {
        Map<String, Long> values = new LinkedHashMap<>();
        stats.forEach(stat -> values.put(name.apply(stat), value.apply(stat)));
        return Collections.unmodifiableMap(values);
    }

    /** NUL-terminated. */
    private static String text(byte[] chars) {
        int end = 0;
        while (end < chars.length && chars[end] != 0) {
            end++;
        }
        return new String(chars, 0, end, StandardCharsets.UTF_8);
    }

    private NodeCalls nodes() {
        return new NodeCalls(libvirt);
    }

    private ConnectCalls connection() {
        return new ConnectCalls(libvirt);
    }
}
