// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.auth;

import java.util.Arrays;

/** Who logs in by SASL. No record, because a record would show its secret. */
final class SaslAccount {
    private final String authorizationName;
    private final String name;
    private final String realm;
    private final char[] password;

    SaslAccount(String authorizationName, String name, String realm, char[] password) {
        this.authorizationName = authorizationName;
        this.name = name;
        this.realm = realm;
        this.password = password;
    }

    /** In whose name the work is done; empty for the one who logs in. */
    String authorizationName() {
        return authorizationName;
    }

    String name() {
        return name;
    }

    /** The realm of the name; empty for the server's. */
    String realm() {
        return realm;
    }

    char[] password() {
        return password;
    }

    void forget() {
        Arrays.fill(password, '\0');
    }
}
