// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.auth;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.sasl.RealmCallback;
import javax.security.sasl.RealmChoiceCallback;
import javax.security.sasl.Sasl;
import javax.security.sasl.SaslClient;
import javax.security.sasl.SaslException;

/** The mechanisms of SASL that this side knows: which is taken, and what carries it out. */
final class SaslMechanisms {
    /** Tells the password itself. */
    private static final String PLAIN = "PLAIN";

    /** The best first. */
    private static final List<String> BY_PREFERENCE =
            List.of("SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "DIGEST-MD5", PLAIN);

    /** Those that encrypt, which is demanded if the channel does not. */
    private static final List<String> ENCRYPTING = List.of("DIGEST-MD5");

    private static final String SERVICE = "libvirt";

    private SaslMechanisms() {}

    /** The server's list, taken apart. */
    static List<String> offered(String list) {
        return Stream.of(list.split("[, ]+"))
                .filter(name -> !name.isEmpty())
                .map(name -> name.toUpperCase(Locale.ROOT))
                .toList();
    }

    /**
     * The best mechanism that both sides have.
     *
     * @param protection what the channel promises
     */
    static Optional<String> choose(List<String> offered, Protection protection) {
        return usable(protection).stream().filter(offered::contains).findFirst();
    }

    /** What this side would use on such a channel. */
    static List<String> usable(Protection protection) {
        return switch (protection) {
            case NONE -> ENCRYPTING;
            case ENCRYPTED ->
                BY_PREFERENCE.stream().filter(name -> !name.equals(PLAIN)).toList();
            case VERIFIED -> BY_PREFERENCE;
        };
    }

    /** What carries out a mechanism. */
    static SaslClient client(String mechanism, String host, SaslAccount login, boolean isProtected)
            throws SaslException {
        if (mechanism.startsWith("SCRAM-")) {
            return new ScramSaslClient(mechanism, login.authorizationName(), login.name(), login.password());
        }
        Map<String, String> properties = new HashMap<>();
        properties.put(Sasl.QOP, isProtected ? "auth" : "auth-conf");
        properties.put(Sasl.MAX_BUFFER, Integer.toString(SaslLayer.MOST_BYTES));
        // The one cipher that both Java and a server with OpenSSL 3 can still do.
        properties.put("com.sun.security.sasl.digest.cipher", "rc4");
        String authorization = login.authorizationName().isEmpty() ? null : login.authorizationName();
        CallbackHandler answers = questions -> answer(questions, login);
        SaslClient client =
                Sasl.createSaslClient(new String[] {mechanism}, authorization, SERVICE, host, properties, answers);
        if (client == null) {
            throw new SaslException("this Java does not have " + mechanism);
        }
        return client;
    }

    private static void answer(Callback[] questions, SaslAccount login) throws UnsupportedCallbackException {
        for (Callback question : questions) {
            if (question instanceof NameCallback name) {
                name.setName(login.name());
            } else if (question instanceof PasswordCallback password) {
                password.setPassword(login.password());
            } else if (question instanceof RealmChoiceCallback choice) {
                int index = List.of(choice.getChoices()).indexOf(login.realm());
                choice.setSelectedIndex(index < 0 ? choice.getDefaultChoice() : index);
            } else if (question instanceof RealmCallback realm) {
                realm.setText(login.realm().isEmpty() ? realm.getDefaultText() : login.realm());
            } else {
                throw new UnsupportedCallbackException(question);
            }
        }
    }
}
