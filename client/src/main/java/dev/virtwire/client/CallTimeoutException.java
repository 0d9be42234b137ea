// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

/**
 * The deadline passed before the result came. The server may still be at work on the call.
 *
 * @since 0.1
 */
public final class CallTimeoutException extends LibvirtException {
    private static final long serialVersionUID = 1L;

    /** Creates the error. */
    public CallTimeoutException(String message) {
        super(message, null);
    }
}
