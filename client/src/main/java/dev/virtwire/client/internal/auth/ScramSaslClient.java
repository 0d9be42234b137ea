// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.auth;

import com.ongres.scram.client.ScramClient;
import com.ongres.scram.common.exception.ScramException;
import com.ongres.scram.common.exception.ScramInvalidServerSignatureException;
import com.ongres.scram.common.exception.ScramServerErrorException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.security.sasl.SaslClient;
import javax.security.sasl.SaslException;
import org.jspecify.annotations.Nullable;

/**
 * SCRAM in the form of the JDK's mechanisms. It is complete only when the server has proved that it knows the password
 * too; it has no security layer.
 */
final class ScramSaslClient implements SaslClient {
    /** RFC 7677's least. */
    private static final int LEAST_ITERATIONS = 4096;

    /** More rounds than any server asks for in earnest; a hostile one could keep us busy for hours. */
    private static final int MOST_ITERATIONS = 1_000_000;

    private enum State {
        BEGIN,
        FIRST_SENT,
        FINAL_SENT,
        DONE
    }

    private final String mechanism;
    private final ScramClient scram;
    private State state = State.BEGIN;

    ScramSaslClient(String mechanism, String authorizationName, String name, char[] password) {
        this.mechanism = mechanism;
        ScramClient.FinalBuildStage builder = ScramClient.builder()
                .advertisedMechanisms(List.of(mechanism))
                .username(name)
                .password(password.clone());
        this.scram = (authorizationName.isEmpty() ? builder : builder.authzid(authorizationName)).build();
    }

    @Override
    public String getMechanismName() {
        return mechanism;
    }

    @Override
    public boolean hasInitialResponse() {
        return true;
    }

    @Override
    public byte @Nullable [] evaluateChallenge(byte[] challenge) throws SaslException {
        String message = new String(challenge, StandardCharsets.UTF_8);
        try {
            switch (state) {
                case BEGIN -> {
                    state = State.FIRST_SENT;
                    return bytes(scram.clientFirstMessage().toString());
                }
                case FIRST_SENT -> {
                    int iterations = scram.serverFirstMessage(message).getIterationCount();
                    if (iterations > MOST_ITERATIONS) {
                        throw new SaslException("the server asks for %d rounds of hashing, more than %d"
                                .formatted(iterations, MOST_ITERATIONS));
                    }
                    if (iterations < LEAST_ITERATIONS) {
                        // Whoever asks for few can find the password out of the answer.
                        throw new SaslException("the server asks for %d rounds of hashing, fewer than %d"
                                .formatted(iterations, LEAST_ITERATIONS));
                    }
                    state = State.FINAL_SENT;
                    return bytes(scram.clientFinalMessage().toString());
                }
                case FINAL_SENT -> {
                    scram.serverFinalMessage(message);
                    state = State.DONE;
                    return null;
                }
                default -> throw new SaslException("a message after the last one");
            }
        } catch (ScramServerErrorException e) {
            throw new SaslException("the server says: " + e.getMessage(), e);
        } catch (ScramInvalidServerSignatureException e) {
            throw new SaslException("the server does not know the password, so it is not the one it claims to be", e);
        } catch (ScramException | IllegalStateException | IllegalArgumentException e) {
            throw new SaslException("the server's message makes no sense: " + e.getMessage(), e);
        }
    }

    @Override
    public boolean isComplete() {
        return state == State.DONE;
    }

    @Override
    public byte[] unwrap(byte[] incoming, int offset, int length) {
        throw new IllegalStateException("SCRAM has no security layer");
    }

    @Override
    public byte[] wrap(byte[] outgoing, int offset, int length) {
        throw new IllegalStateException("SCRAM has no security layer");
    }

    @Override
    public @Nullable Object getNegotiatedProperty(String name) {
        return null;
    }

    @Override
    public void dispose() {}

    private static byte[] bytes(String message) {
        return message.getBytes(StandardCharsets.UTF_8);
    }
}
