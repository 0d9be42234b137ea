// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.protocol.error.ErrorCode;

/**
 * There is one already, and the call does not replace it. Not every driver says so: a domain, network or pool whose
 * name another one has is often refused with {@link ErrorCode#OPERATION_FAILED}. libvirt's codes are {@link
 * ErrorCode#STORAGE_VOL_EXIST}, {@link ErrorCode#STORAGE_POOL_BUILT}, {@link ErrorCode#DOM_EXIST}, {@link
 * ErrorCode#NETWORK_EXIST}, {@link ErrorCode#NETWORK_PORT_EXIST}.
 *
 * @since 0.1
 */
public final class AlreadyExistsException extends RemoteException {
    private static final long serialVersionUID = 1L;

    AlreadyExistsException(String host, String procedure, int serial, Details details) {
        super(host, procedure, serial, details);
    }
}
