// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.protocol.error.ErrorCode;

/**
 * The host has no such device. libvirt's code is {@link ErrorCode#NO_NODE_DEVICE}.
 *
 * @since 0.1
 */
public final class NoSuchNodeDeviceException extends NotFoundException {
    private static final long serialVersionUID = 1L;

    NoSuchNodeDeviceException(String host, String procedure, int serial, Details details) {
        super(host, procedure, serial, details);
    }
}
