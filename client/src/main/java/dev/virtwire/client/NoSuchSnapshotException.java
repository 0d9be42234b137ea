// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.protocol.error.ErrorCode;

/**
 * The domain has no such snapshot. libvirt's code is {@link ErrorCode#NO_DOMAIN_SNAPSHOT}.
 *
 * @since 0.1
 */
public final class NoSuchSnapshotException extends NotFoundException {
    private static final long serialVersionUID = 1L;

    NoSuchSnapshotException(String host, String procedure, int serial, Details details) {
        super(host, procedure, serial, details);
    }
}
