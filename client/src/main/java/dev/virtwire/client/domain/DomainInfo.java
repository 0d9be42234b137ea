// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.domain;

import dev.virtwire.client.internal.text.RecordText;
import dev.virtwire.protocol.remote.DomainState;
import java.time.Duration;
import java.util.Optional;

/**
 * A domain's basic figures ({@code virDomainInfo}).
 *
 * @param stateNumber how it stands, as libvirt's number
 * @param maxMemoryKiB the memory that it may have, in KiB
 * @param memoryKiB the memory that it has, in KiB
 * @param vcpus its virtual CPUs
 * @param cpuTime CPU time used since it was started
 * @since 0.1
 */
public record DomainInfo(int stateNumber, long maxMemoryKiB, long memoryKiB, int vcpus, Duration cpuTime) {
    /** How it stands; empty if a newer server has a state that this client does not know. */
    public Optional<DomainState> state() {
        return DomainState.of(stateNumber);
    }

    /** Whether a hypervisor runs the domain, paused or not. */
    public boolean isActive() {
        return state().map(state -> switch (state) {
                    case NONE, SHUTOFF, CRASHED -> false;
                    case RUNNING, BLOCKED, PAUSED, SHUTDOWN, PM_SUSPENDED -> true;
                })
                .orElse(true);
    }

    /** With the names of its numbers. */
    @Override
    public String toString() {
        return RecordText.of("DomainInfo")
                .with("state", state(), stateNumber)
                .with("maxMemoryKiB", maxMemoryKiB)
                .with("memoryKiB", memoryKiB)
                .with("vcpus", vcpus)
                .with("cpuTime", cpuTime)
                .toString();
    }
}
