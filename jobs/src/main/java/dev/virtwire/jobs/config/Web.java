// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.config;

import java.net.URI;
import java.net.URISyntaxException;

/**
 * Web addresses.
 *
 * @since 0.1
 */
public final class Web {
    private Web() {}

    /**
     * The address, if a request can be sent there.
     *
     * @throws IllegalArgumentException if not; the message does not repeat it
     */
    public static String requireAddress(String text) {
        try {
            URI uri = new URI(text);
            String scheme = uri.getScheme();
            if (uri.getHost() == null || !("https".equals(scheme) || "http".equals(scheme))) {
                throw new IllegalArgumentException("it is no address that begins with https:// or http://");
            }
            if (uri.getRawUserInfo() != null) {
                throw new IllegalArgumentException(
                        "an address has no name and password in it: keep all of it in a secret, or use a token");
            }
            return text;
        } catch (URISyntaxException e) {
            // Without the cause: its message has the address.
            throw new IllegalArgumentException("it is no web address");
        }
    }
}
