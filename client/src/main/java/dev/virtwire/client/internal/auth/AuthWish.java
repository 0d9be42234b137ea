// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.auth;

import dev.virtwire.client.InvalidUriException;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.protocol.remote.AuthType;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How a URI's parameter {@code auth} wants this side to prove who it is.
 *
 * @param type the way; null if the server chooses
 * @param mechanism the mechanism of SASL, in capitals; null if that is open
 */
public record AuthWish(@Nullable AuthType type, @Nullable String mechanism) {
    private static final String SASL_PREFIX = "sasl.";

    /**
     * The wish of a URI.
     *
     * @throws InvalidUriException if libvirt knows no such way
     */
    public static AuthWish of(LibvirtUri uri) {
        String text = uri.parameter("auth").orElse(null);
        if (text == null) {
            return new AuthWish(null, null);
        }
        String lower = text.toLowerCase(Locale.ROOT);
        if (lower.equals("polkit")) {
            return new AuthWish(AuthType.POLKIT, null);
        }
        if (lower.equals("sasl")) {
            return new AuthWish(AuthType.SASL, null);
        }
        if (lower.startsWith(SASL_PREFIX) && lower.length() > SASL_PREFIX.length()) {
            return new AuthWish(
                    AuthType.SASL, text.substring(SASL_PREFIX.length()).toUpperCase(Locale.ROOT));
        }
        throw new InvalidUriException("URI '%s': auth '%s' is not sasl, sasl.MECHANISM or polkit".formatted(uri, text));
    }
}
