// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.protocol.error.ErrorCode;

/**
 * The agent in the guest does not answer: it does not run, is not connected, or took too long. libvirt's codes are
 * {@link ErrorCode#AGENT_UNRESPONSIVE}, {@link ErrorCode#AGENT_UNSYNCED}, {@link ErrorCode#AGENT_COMMAND_TIMEOUT}.
 *
 * @since 0.1
 */
public final class AgentUnresponsiveException extends RemoteException {
    private static final long serialVersionUID = 1L;

    AgentUnresponsiveException(String host, String procedure, int serial, Details details) {
        super(host, procedure, serial, details);
    }
}
