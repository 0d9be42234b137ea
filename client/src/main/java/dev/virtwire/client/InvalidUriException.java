// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

/**
 * A connection URI that cannot be understood or names what this client does not offer.
 *
 * @since 0.1
 */
public final class InvalidUriException extends LibvirtException {
    private static final long serialVersionUID = 1L;

    /** Creates the error. */
    public InvalidUriException(String message) {
        super(message, null);
    }
}
