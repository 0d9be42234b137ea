// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.tls;

import java.security.cert.CertificateException;
import org.jspecify.annotations.Nullable;

/** This side does not believe the server's certificate; the message says why, in our words. */
final class ServerRefusedException extends CertificateException {
    private static final long serialVersionUID = 1L;

    ServerRefusedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
