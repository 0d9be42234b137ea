// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.domain;

import dev.virtwire.client.internal.text.RecordText;
import dev.virtwire.protocol.remote.DomainBlockedReason;
import dev.virtwire.protocol.remote.DomainCrashedReason;
import dev.virtwire.protocol.remote.DomainNoStateReason;
import dev.virtwire.protocol.remote.DomainPausedReason;
import dev.virtwire.protocol.remote.DomainPmSuspendedReason;
import dev.virtwire.protocol.remote.DomainRunningReason;
import dev.virtwire.protocol.remote.DomainShutdownReason;
import dev.virtwire.protocol.remote.DomainShutoffReason;
import dev.virtwire.protocol.remote.DomainState;
import java.util.Optional;

/**
 * How a domain stands, and why ({@code virDomainGetState}).
 *
 * @param stateNumber how, as libvirt's number
 * @param reasonNumber why, as libvirt's number, which means something else in each state
 * @since 0.1
 */
public record DomainStatus(int stateNumber, int reasonNumber) {
    /** How it stands; empty if a newer server has a state that this client does not know. */
    public Optional<DomainState> state() {
        return DomainState.of(stateNumber);
    }

    /**
     * Why: a {@link DomainRunningReason} of a running domain, and so on; empty if a newer server has a state or
     * reason that this client does not know.
     */
    public Optional<? extends Enum<?>> reason() {
        return state().flatMap(state -> switch (state) {
            case NONE -> DomainNoStateReason.of(reasonNumber);
            case RUNNING -> DomainRunningReason.of(reasonNumber);
            case BLOCKED -> DomainBlockedReason.of(reasonNumber);
            case PAUSED -> DomainPausedReason.of(reasonNumber);
            case SHUTDOWN -> DomainShutdownReason.of(reasonNumber);
            case SHUTOFF -> DomainShutoffReason.of(reasonNumber);
            case CRASHED -> DomainCrashedReason.of(reasonNumber);
            case PM_SUSPENDED -> DomainPmSuspendedReason.of(reasonNumber);
        });
    }

    /** With the names of its numbers. */
    @Override
    public String toString() {
        return RecordText.of("DomainStatus")
                .with("state", state(), stateNumber)
                .with("reason", reason(), reasonNumber)
                .toString();
    }
}
