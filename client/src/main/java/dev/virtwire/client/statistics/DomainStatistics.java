// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.statistics;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.domain.DomainStatus;
import dev.virtwire.client.params.TypedParameters;
import dev.virtwire.protocol.remote.DomainStatsRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BiFunction;

/**
 * All figures of one domain, as one call tells them of many ({@code virDomainStatsRecord}). What is asked for often has
 * a reader here, and everything, also what a newer server adds, stands in the parameters. Which figures there are
 * depends on what was asked for, on the hypervisor and on whether the domain runs.
 *
 * @param domain the domain
 * @param parameters every figure, by libvirt's names such as {@code block.0.rd.bytes}
 * @since 0.1
 */
public record DomainStatistics(Domain domain, TypedParameters parameters) {
    /** As the protocol's stubs return it. */
    public static DomainStatistics of(Libvirt libvirt, DomainStatsRecord record) {
        return new DomainStatistics(Domain.of(libvirt, record.domain()), TypedParameters.ofWire(record.params()));
    }

    /** How the domain stands, and why. */
    public Optional<DomainStatus> status() {
        OptionalLong state = parameters.number("state.state");
        return state.isEmpty()
                ? Optional.empty()
                : Optional.of(new DomainStatus((int) state.getAsLong(), (int)
                        parameters.number("state.reason").orElse(0)));
    }

    /** The host's CPU time that it has used. */
    public CpuStatistics cpu() {
        return CpuStatistics.of(parameters.under("cpu."));
    }

    /** Its memory. */
    public BalloonStatistics balloon() {
        return BalloonStatistics.of(parameters.under("balloon."));
    }

    /** How many virtual CPUs it has. */
    public OptionalLong vcpuCount() {
        return parameters.number("vcpu.current");
    }

    /** Each of its virtual CPUs that is online. */
    public List<VcpuStatistics> vcpus() {
        return each("vcpu.", "vcpu.maximum", VcpuStatistics::of);
    }

    /** Each of its network interfaces. */
    public List<NetStatistics> interfaces() {
        return each("net.", "net.count", NetStatistics::of);
    }

    /** Each of its disks, and their backing files if those were asked for. */
    public List<DiskStatistics> disks() {
        return each("block.", "block.count", DiskStatistics::of);
    }

    private <T> List<T> each(String prefix, String count, BiFunction<Integer, TypedParameters, T> reader) {
        List<T> found = new ArrayList<>();
        TypedParameters group = parameters.under(prefix);
        long all = parameters.number(count).orElse(0);
        for (int i = 0; i < all && found.size() < group.size(); i++) {
            TypedParameters one = group.under(i + ".");
            if (!one.isEmpty()) {
                found.add(reader.apply(i, one));
            }
        }
        return List.copyOf(found);
    }
}
