// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.protocol.error.ErrorCode;

/**
 * The server does not take an argument: a value out of its range, flags that exclude each other, or XML that it cannot
 * read. libvirt's codes are {@link ErrorCode#INVALID_ARG}, {@link ErrorCode#XML_ERROR}, {@link ErrorCode#XML_DETAIL},
 * {@link ErrorCode#XML_INVALID_SCHEMA}.
 *
 * @since 0.1
 */
public final class InvalidArgumentException extends RemoteException {
    private static final long serialVersionUID = 1L;

    InvalidArgumentException(String host, String procedure, int serial, Details details) {
        super(host, procedure, serial, details);
    }
}
