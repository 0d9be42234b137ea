// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.ongres.scram.common.ScramFunctions;
import com.ongres.scram.common.ScramMechanism;
import com.ongres.scram.common.StringPreparation;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import javax.security.sasl.SaslException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** SCRAM with a server that plays by the rules, and with those that do not. */
class ScramSaslClientTest {
    private static final ScramMechanism SHA256 = ScramMechanism.SCRAM_SHA_256;
    private static final byte[] SALT = "salt of the earth".getBytes(StandardCharsets.UTF_8);
    private static final char[] PASSWORD = "secret".toCharArray();

    private final ScramSaslClient client = new ScramSaslClient("SCRAM-SHA-256", "", "user", PASSWORD);
    private String clientFirst;
    private String nonce;

    @BeforeEach
    void begin() throws SaslException {
        clientFirst = say("").substring("n,,".length());
        assertThat(clientFirst).startsWith("n=user,r=");
        nonce = clientFirst.substring("n=user,r=".length()) + "server";
    }

    @Test
    void isCompleteWhenTheServerHasProvedThatItKnowsThePassword() throws SaslException {
        String serverFirst = serverFirst(4096);
        String clientFinal = say(serverFirst);
        assertThat(clientFinal).startsWith("c=biws,r=" + nonce + ",p=");
        assertThat(client.isComplete()).isFalse();
        assertThat(client.evaluateChallenge(bytes("v=" + signature(PASSWORD, serverFirst, clientFinal))))
                .isNull();
        assertThat(client.isComplete()).isTrue();
    }

    @Test
    void aServerThatDoesNotKnowThePasswordIsAnImpostor() throws SaslException {
        String serverFirst = serverFirst(4096);
        String clientFinal = say(serverFirst);
        String guess = signature("guess".toCharArray(), serverFirst, clientFinal);
        assertThatThrownBy(() -> say("v=" + guess))
                .isInstanceOf(SaslException.class)
                .hasMessage("the server does not know the password, so it is not the one it claims to be");
        assertThat(client.isComplete()).isFalse();
    }

    @Test
    void aServersErrorIsPassedOn() throws SaslException {
        say(serverFirst(4096));
        assertThatThrownBy(() -> say("e=invalid-proof"))
                .isInstanceOf(SaslException.class)
                .hasMessage("the server says: The client-provided proof is invalid");
    }

    @Test
    void aServerThatWantsToKeepUsBusyIsRefused() {
        assertThatThrownBy(() -> say(serverFirst(2_000_000_000)))
                .isInstanceOf(SaslException.class)
                .hasMessage("the server asks for 2000000000 rounds of hashing, more than 1000000");
    }

    /** With one round, whoever pretends to be the server tries four thousand times as many passwords a second. */
    @Test
    void aServerThatWantsAProofThatIsEasyToGuessFromIsRefused() throws SaslException {
        assertThatThrownBy(() -> say(serverFirst(4095)))
                .isInstanceOf(SaslException.class)
                .hasMessage("the server asks for 4095 rounds of hashing, fewer than 4096");
    }

    @Test
    void nonsenseIsRefused() {
        assertThatThrownBy(() -> say("r=somebody else's,s=AAAA,i=4096")).isInstanceOf(SaslException.class);
    }

    private String serverFirst(int iterations) {
        return "r=%s,s=%s,i=%d".formatted(nonce, Base64.getEncoder().encodeToString(SALT), iterations);
    }

    private String signature(char[] password, String serverFirst, String clientFinal) {
        byte[] salted =
                ScramFunctions.saltedPassword(SHA256, StringPreparation.POSTGRESQL_PREPARATION, password, SALT, 4096);
        String withoutProof = clientFinal.substring(0, clientFinal.indexOf(",p="));
        byte[] signed = ScramFunctions.serverSignature(
                SHA256, ScramFunctions.serverKey(SHA256, salted), clientFirst + "," + serverFirst + "," + withoutProof);
        return Base64.getEncoder().encodeToString(signed);
    }

    private String say(String message) throws SaslException {
        return new String(client.evaluateChallenge(bytes(message)), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String message) {
        return message.getBytes(StandardCharsets.UTF_8);
    }
}
