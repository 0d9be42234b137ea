// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.protocol.error.ErrorCode;

/**
 * The host has no such domain, or no longer. libvirt's code is {@link ErrorCode#NO_DOMAIN}.
 *
 * @since 0.1
 */
public final class NoSuchDomainException extends NotFoundException {
    private static final long serialVersionUID = 1L;

    NoSuchDomainException(String host, String procedure, int serial, Details details) {
        super(host, procedure, serial, details);
    }
}
