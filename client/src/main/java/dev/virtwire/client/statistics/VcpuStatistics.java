// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.statistics;

import dev.virtwire.client.internal.text.RecordText;
import dev.virtwire.client.params.TypedParameters;
import dev.virtwire.protocol.remote.VcpuState;
import java.time.Duration;
import java.util.Optional;

/**
 * A virtual CPU.
 *
 * @param number its number, from 0
 * @param stateNumber how it stands, as libvirt's number
 * @param time how long it has run; empty if it is not told
 * @param waited how long it has waited for the host; empty if it is not told
 * @since 0.1
 */
public record VcpuStatistics(int number, int stateNumber, Optional<Duration> time, Optional<Duration> waited) {
    /** How it stands; empty if a newer server has a state that this client does not know. */
    public Optional<VcpuState> state() {
        return VcpuState.of(stateNumber);
    }

    static VcpuStatistics of(int number, TypedParameters vcpu) {
        return new VcpuStatistics(
                number,
                (int) vcpu.number("state").orElse(VcpuState.OFFLINE.value()),
                Durations.read(vcpu, "time"),
                Durations.read(vcpu, "wait"));
    }

    /** With the names of its numbers. */
    @Override
    public String toString() {
        return RecordText.of("VcpuStatistics")
                .with("number", number)
                .with("state", state(), stateNumber)
                .with("time", time)
                .with("waited", waited)
                .toString();
    }
}
