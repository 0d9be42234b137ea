// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.protocol.error.ErrorCode;

/**
 * Somebody has ended the operation: a job was aborted, or its domain destroyed. libvirt's code is {@link
 * ErrorCode#OPERATION_ABORTED}.
 *
 * @since 0.1
 */
public final class OperationAbortedException extends RemoteException {
    private static final long serialVersionUID = 1L;

    OperationAbortedException(String host, String procedure, int serial, Details details) {
        super(host, procedure, serial, details);
    }
}
