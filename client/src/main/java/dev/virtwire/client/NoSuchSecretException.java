// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.protocol.error.ErrorCode;

/**
 * The host has no such secret, or the secret has no value. libvirt's code is {@link ErrorCode#NO_SECRET}.
 *
 * @since 0.1
 */
public final class NoSuchSecretException extends NotFoundException {
    private static final long serialVersionUID = 1L;

    NoSuchSecretException(String host, String procedure, int serial, Details details) {
        super(host, procedure, serial, details);
    }
}
