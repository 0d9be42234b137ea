// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.domain;

import dev.virtwire.client.internal.text.RecordText;
import dev.virtwire.protocol.remote.VcpuState;
import java.time.Duration;
import java.util.BitSet;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A virtual CPU of a running domain ({@code virVcpuInfo}).
 *
 * @param number its number, from 0
 * @param stateNumber how it stands, as libvirt's number
 * @param cpuTime how long it has run
 * @param hostCpuNumber the host's CPU that it runs on; negative if it runs on none, or the host does not tell
 * @param affinity the host's CPUs that it may run on
 * @since 0.1
 */
public record Vcpu(int number, int stateNumber, Duration cpuTime, int hostCpuNumber, BitSet affinity) {
    /** Copies the set. */
    public Vcpu {
        affinity = (BitSet) affinity.clone();
    }

    /** How it stands; empty if a newer server has a state that this client does not know. */
    public Optional<VcpuState> state() {
        return VcpuState.of(stateNumber);
    }

    /** The host's CPU that it runs on. */
    public OptionalInt hostCpu() {
        return hostCpuNumber < 0 ? OptionalInt.empty() : OptionalInt.of(hostCpuNumber);
    }

    /** The host's CPUs that it may run on; a copy. */
    @Override
    public BitSet affinity() {
        return (BitSet) affinity.clone();
    }

    /** With the names of its numbers. */
    @Override
    public String toString() {
        return RecordText.of("Vcpu")
                .with("number", number)
                .with("state", state(), stateNumber)
                .with("cpuTime", cpuTime)
                .with("hostCpuNumber", hostCpuNumber)
                .with("affinity", affinity)
                .toString();
    }
}
