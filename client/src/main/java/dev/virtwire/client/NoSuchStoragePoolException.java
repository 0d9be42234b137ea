// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.protocol.error.ErrorCode;

/**
 * The host has no such storage pool. libvirt's code is {@link ErrorCode#NO_STORAGE_POOL}.
 *
 * @since 0.1
 */
public final class NoSuchStoragePoolException extends NotFoundException {
    private static final long serialVersionUID = 1L;

    NoSuchStoragePoolException(String host, String procedure, int serial, Details details) {
        super(host, procedure, serial, details);
    }
}
