// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.protocol.error.ErrorCode;

/**
 * The domain has no such checkpoint. libvirt's code is {@link ErrorCode#NO_DOMAIN_CHECKPOINT}.
 *
 * @since 0.1
 */
public final class NoSuchCheckpointException extends NotFoundException {
    private static final long serialVersionUID = 1L;

    NoSuchCheckpointException(String host, String procedure, int serial, Details details) {
        super(host, procedure, serial, details);
    }
}
