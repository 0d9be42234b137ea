// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import java.util.List;

/** As the client does with its own suites' output. */
class SshSecretsInOutputIT extends SecretsInOutputIT {
    @Override
    List<String> passwords() {
        return List.of(SaslSetup.PASSWORD, LoginAttempts.WRONG, SshIT.PASSPHRASE);
    }
}
