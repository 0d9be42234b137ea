// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.protocol.error.ErrorCode;

/**
 * The server, its driver or the hypervisor cannot do this: it is too old, or has no such function, flag or device. A
 * server that does not know the procedure is meant too. libvirt's codes are {@link ErrorCode#NO_SUPPORT}, {@link
 * ErrorCode#OPERATION_UNSUPPORTED}, {@link ErrorCode#ARGUMENT_UNSUPPORTED}, {@link ErrorCode#CONFIG_UNSUPPORTED}.
 *
 * @since 0.1
 */
public final class NotSupportedException extends RemoteException {
    private static final long serialVersionUID = 1L;

    NotSupportedException(String host, String procedure, int serial, Details details) {
        super(host, procedure, serial, details);
    }
}
