// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.host;

import dev.virtwire.client.domain.DomainInfo;
import dev.virtwire.client.domain.DomainStatus;
import dev.virtwire.protocol.remote.DomainState;

/** What a domain's figures are called, in virsh's words. */
final class DomainTexts {
    private DomainTexts() {}

    static String state(DomainInfo info) {
        return info.state().map(DomainTexts::state).orElse("state " + info.stateNumber());
    }

    static String state(DomainStatus status) {
        return status.state().map(DomainTexts::state).orElse("state " + status.stateNumber());
    }

    private static String state(DomainState state) {
        return switch (state) {
            case NONE -> "no state";
            case RUNNING -> "running";
            case BLOCKED -> "idle";
            case PAUSED -> "paused";
            case SHUTDOWN -> "in shutdown";
            case SHUTOFF -> "shut off";
            case CRASHED -> "crashed";
            case PM_SUSPENDED -> "suspended by the guest";
        };
    }
}
