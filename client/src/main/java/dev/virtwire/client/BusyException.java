// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.protocol.error.ErrorCode;

/**
 * Something else holds what the call needs, such as another job of the domain or of its disk. The same call may
 * succeed later. libvirt's codes are {@link ErrorCode#OPERATION_TIMEOUT}, {@link ErrorCode#RESOURCE_BUSY}, {@link
 * ErrorCode#BLOCK_COPY_ACTIVE}.
 *
 * @since 0.1
 */
public final class BusyException extends RemoteException {
    private static final long serialVersionUID = 1L;

    BusyException(String host, String procedure, int serial, Details details) {
        super(host, procedure, serial, details);
    }
}
