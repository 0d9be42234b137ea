// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SaslMechanismsTest {
    private static final List<String> OFFERED = List.of("PLAIN", "DIGEST-MD5", "SCRAM-SHA-256");

    @Test
    void thePasswordItselfIsToldToAVerifiedPeerOnly() {
        assertThat(SaslMechanisms.choose(List.of("PLAIN"), Protection.VERIFIED)).contains("PLAIN");
        assertThat(SaslMechanisms.choose(List.of("PLAIN"), Protection.ENCRYPTED))
                .isEmpty();
        assertThat(SaslMechanisms.choose(List.of("PLAIN"), Protection.NONE)).isEmpty();
    }

    @Test
    void theBestOfTheOthersIsChosen() {
        assertThat(SaslMechanisms.choose(OFFERED, Protection.VERIFIED)).contains("SCRAM-SHA-256");
        assertThat(SaslMechanisms.choose(OFFERED, Protection.ENCRYPTED)).contains("SCRAM-SHA-256");
        assertThat(SaslMechanisms.choose(OFFERED, Protection.NONE)).contains("DIGEST-MD5");
    }
}
