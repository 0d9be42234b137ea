// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.protocol.error.ErrorCode;

/**
 * The object is in the wrong state for the call: the domain does not run, or runs already; the pool is not active.
 * libvirt's code is {@link ErrorCode#OPERATION_INVALID}.
 *
 * @since 0.1
 */
public final class OperationInvalidException extends RemoteException {
    private static final long serialVersionUID = 1L;

    OperationInvalidException(String host, String procedure, int serial, Details details) {
        super(host, procedure, serial, details);
    }
}
