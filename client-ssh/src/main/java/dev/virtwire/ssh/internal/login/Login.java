// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.login;

import dev.virtwire.client.AuthenticationException;
import dev.virtwire.client.CredentialRequest;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.internal.auth.AuthFile;
import dev.virtwire.client.internal.auth.CredentialSource;
import dev.virtwire.client.internal.text.PeerText;
import dev.virtwire.ssh.internal.route.LoginMethod;
import dev.virtwire.ssh.internal.route.SshHost;
import java.io.IOException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.auth.UserAuthFactory;
import org.apache.sshd.client.auth.keyboard.UserAuthKeyboardInteractiveFactory;
import org.apache.sshd.client.auth.keyboard.UserInteraction;
import org.apache.sshd.client.auth.password.PasswordAuthenticationReporter;
import org.apache.sshd.client.auth.password.UserAuthPasswordFactory;
import org.apache.sshd.client.auth.pubkey.PublicKeyAuthenticationReporter;
import org.apache.sshd.client.auth.pubkey.PublicKeyIdentity;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.NamedFactory;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import org.apache.sshd.common.keyprovider.KeyIdentityProvider;
import org.apache.sshd.common.signature.Signature;
import org.apache.sshd.common.signature.SignatureFactoriesManager;
import org.apache.sshd.core.CoreModuleProperties;
import org.jspecify.annotations.Nullable;

/**
 * Logs in at one host: by what is allowed, each once. It remembers what was tried, so that a refusal can say so.
 *
 * <p>SSHD takes passwords as strings, which nobody can overwrite; they are kept no longer than their packet.
 */
public final class Login implements UserInteraction {
    private static final String KEPT_BACK =
            "no password, since the host's key is not the one that is known of it, whether that is checked or not";

    /** As PAM and OpenSSH ask, with or without the user and the host. */
    private static final Pattern PASSWORD_QUESTION =
            Pattern.compile("(\\(.*\\) )?(\\S+'s )?password( for .*)?:?", Pattern.CASE_INSENSITIVE);

    private final String uri;
    private final SshHost host;
    private final CredentialSource credentials;
    private final Optional<String> knownPassword;
    private final String missing;
    private final List<String> notes = new ArrayList<>();
    private final KeyFiles keys;
    private final @Nullable UnixAgents agents;
    private List<String> accepted = List.of();
    private BooleanSupplier impostor = () -> false;
    private boolean answered;
    private @Nullable RuntimeException failure;

    /**
     * For one session.
     *
     * @param uri what is connected to, for messages
     * @param known what auth.conf has for the host
     */
    public Login(String uri, SshHost host, CredentialSource credentials, AuthFile.Found known) {
        this.uri = uri;
        this.host = host;
        this.credentials = credentials;
        this.knownPassword = Optional.ofNullable(known.values().get("password"));
        this.missing = known.missing();
        this.keys = new KeyFiles(host, credentials, notes);
        this.agents = host.methods().contains(LoginMethod.AGENT)
                ? host.agent().map(path -> new UnixAgents(path, notes)).orElse(null)
                : null;
    }

    /**
     * Makes a client log in like this.
     *
     * @param signatures by which algorithms keys sign, in the order in which they are tried
     * @param impostor whether the host may be somebody else: keys only sign for this session, but a password would
     *     serve whoever hears it, so it is kept back, as OpenSSH does
     */
    public void configure(SshClient client, List<NamedFactory<Signature>> signatures, BooleanSupplier impostor) {
        this.impostor = impostor;
        UserAuthFactory byKeys = KeyLogin.factory(signatures, new Keys());
        List<UserAuthFactory> factories = new ArrayList<>();
        for (LoginMethod method : host.methods()) {
            UserAuthFactory factory =
                    switch (method) {
                        case AGENT, PRIVKEY -> byKeys;
                        case KEYBOARD_INTERACTIVE -> UserAuthKeyboardInteractiveFactory.INSTANCE;
                        case PASSWORD -> UserAuthPasswordFactory.INSTANCE;
                    };
            if (!factories.contains(factory)) {
                factories.add(factory);
            }
        }
        client.setUserAuthFactories(factories);
        client.setKeyIdentityProvider(KeyIdentityProvider.EMPTY_KEYS_PROVIDER);
        client.setUserInteraction(this);
        client.setPublicKeyAuthenticationReporter(new KeyReporter());
        client.setPasswordAuthenticationReporter(new PasswordReporter());
        CoreModuleProperties.PASSWORD_PROMPTS.set(client, 1);
    }

    /** Gives up, from any thread: nobody is asked any more, and what waits for an answer ends. */
    public void cancel() {
        credentials.cancel();
        if (agents != null) {
            agents.close();
        }
    }

    /** Takes note of what the host would accept. */
    public void accepts(List<String> methods) {
        accepted = List.copyOf(methods);
    }

    /** What went wrong on this side; null for nothing. */
    public @Nullable RuntimeException failure() {
        return failure == null ? keys.failure() : failure;
    }

    /** That the host let nobody in. */
    public AuthenticationException refused() {
        return new AuthenticationException(refusal(), null, true);
    }

    /** That the host hung up, since it does not hear more than a few keys. */
    public AuthenticationException hungUp() {
        return new AuthenticationException(
                refusal()
                        + "; then the host hung up, since it was offered too many keys: name the right one as IdentityFile in ssh's configuration, with IdentitiesOnly yes",
                null,
                true);
    }

    private String refusal() {
        StringBuilder text =
                new StringBuilder("%s: host %s does not let user '%s' in".formatted(uri, host.knownAs(), host.user()));
        if (!accepted.isEmpty()) {
            text.append("; it accepts ").append(PeerText.shown(String.join(", ", accepted)));
        }
        text.append("; tried: ");
        text.append(notes.isEmpty() ? "nothing, since there is no key and nobody to ask" : String.join("; ", notes));
        return text.toString();
    }

    private final class Keys implements KeyLogin.Source {
        @Override
        public Identities open(ClientSession session, SignatureFactoriesManager signatures) throws IOException {
            UnixAgent agent = agents == null ? null : agents.open();
            return new Identities(session, signatures, host, keys, agent, notes);
        }

        @Override
        public void unsigned(PublicKeyIdentity key, Identities.Unsigned why) {
            note("%s (accepted, but %s)".formatted(shown(key.getKeyIdentity().getPublic()), why.getMessage()));
        }
    }

    private static String shown(PublicKey key) {
        return key instanceof OpenSshCertificate certificate
                ? "certificate '%s' of key %s"
                        .formatted(
                                PeerText.shown(certificate.getId()),
                                KnownHosts.fingerprint(certificate.getCertPubKey()))
                : "key " + KnownHosts.fingerprint(key);
    }

    private void note(String note) {
        if (!notes.contains(note)) {
            notes.add(note);
        }
    }

    private final class KeyReporter implements PublicKeyAuthenticationReporter {
        @Override
        public void signalAuthenticationFailure(
                ClientSession session, String service, KeyPair identity, boolean partial, List<String> serverMethods) {
            if (identity != null) {
                note(shown(identity.getPublic()) + (partial ? " (accepted, but not enough)" : " (refused)"));
            }
        }

        @Override
        public void signalIdentitySkipped(ClientSession session, String service, KeyPair identity) {
            note(shown(identity.getPublic()) + " (not offered, since it is not valid now)");
        }
    }

    private final class PasswordReporter implements PasswordAuthenticationReporter {
        @Override
        public void signalAuthenticationFailure(
                ClientSession session, String service, String password, boolean partial, List<String> serverMethods) {
            notes.add("a password" + (partial ? " (accepted, but not enough)" : " (refused)"));
        }
    }

    @Override
    public @Nullable String resolveAuthPasswordAttempt(ClientSession session) {
        if (keepsPasswords()) {
            return null;
        }
        if (knownPassword.isPresent()) {
            return knownPassword.get();
        }
        return ask("Password of %s at %s".formatted(host.user(), host.address()), CredentialRequest.Kind.PASSWORD);
    }

    @Override
    @SuppressWarnings("NullAway") // Null for no answer, says SSHD.
    public String[] interactive(
            ClientSession session, String name, String instruction, String lang, String[] prompts, boolean[] echo) {
        String[] answers = new String[prompts.length];
        if (prompts.length > 0 && keepsPasswords()) {
            return null;
        }
        for (int i = 0; i < prompts.length; i++) {
            String question = PeerText.shown(prompts[i]);
            if (!echo[i] && knownPassword.isPresent() && !answered && asksForPassword(question)) {
                answered = true;
                answers[i] = knownPassword.get();
            } else {
                String asked = question.endsWith(":") ? question.substring(0, question.length() - 1) : question;
                answers[i] = ask(
                        "%s (%s at %s)".formatted(asked, host.user(), host.address()),
                        echo[i] ? CredentialRequest.Kind.AUTHENTICATION_NAME : CredentialRequest.Kind.PASSWORD);
            }
            if (answers[i] == null) {
                return null;
            }
        }
        if (prompts.length > 0) {
            notes.add("answers to the host's questions (refused)");
        }
        return answers;
    }

    private boolean keepsPasswords() {
        if (impostor.getAsBoolean() && !notes.contains(KEPT_BACK)) {
            notes.add(KEPT_BACK);
        }
        return impostor.getAsBoolean();
    }

    /** A host may ask for more than that, such as a one-time password, which nobody may guess with the password. */
    private static boolean asksForPassword(String question) {
        return PASSWORD_QUESTION.matcher(question).matches();
    }

    @Override
    @SuppressWarnings("NullAway") // Null for no answer, says SSHD.
    public String getUpdatedPassword(ClientSession session, String prompt, String lang) {
        notes.add("a password (expired; change it there by ssh)");
        return null;
    }

    private @Nullable String ask(String prompt, CredentialRequest.Kind kind) {
        Optional<char[]> answer;
        try {
            answer = credentials.ask(kind, prompt).join();
        } catch (CompletionException e) {
            // The user's own callback failed, and the user shall see that.
            failure = LibvirtException.unwrap(e) instanceof RuntimeException cause ? cause : e;
            throw e;
        }
        if (answer.isEmpty()) {
            notes.add("no password, since %s, and nobody gave one".formatted(missing));
            return null;
        }
        char[] secret = answer.get();
        try {
            return new String(secret);
        } finally {
            Arrays.fill(secret, '\0');
        }
    }
}
