// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.login;

import dev.virtwire.client.internal.text.PeerText;
import dev.virtwire.ssh.internal.route.LoginMethod;
import dev.virtwire.ssh.internal.route.SshHost;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import org.apache.sshd.agent.SshAgent;
import org.apache.sshd.client.auth.pubkey.KeyPairIdentity;
import org.apache.sshd.client.auth.pubkey.PublicKeyIdentity;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import org.apache.sshd.common.session.SessionContext;
import org.apache.sshd.common.signature.SignatureFactoriesManager;
import org.jspecify.annotations.Nullable;

/**
 * The keys and certificates that are offered to a host, in OpenSSH's order: certificates that the configuration names;
 * keys of the agent whose public halves the files have; the agent's other keys, unless only those of files count; and
 * the other keys of files. What signs is looked for when the host has said that a signature will do.
 */
final class Identities implements Iterator<PublicKeyIdentity>, Closeable {
    private final ClientSession session;
    private final SignatureFactoriesManager signatures;
    private final KeyFiles files;
    private final @Nullable SshAgent agent;
    private final List<Offer> offers = new ArrayList<>();
    private int next;
    private @Nullable PublicKeyIdentity ready;

    /** No key that signs is at hand, as for a file whose passphrase nobody gave, or an agent that refuses. */
    static final class Unsigned extends IOException {
        private static final long serialVersionUID = 1L;

        Unsigned(String why, @Nullable Throwable cause) {
            super(why, cause);
        }
    }

    /** A key or certificate to offer. */
    private static final class Offer {
        /** Null if only the private key tells it. */
        private final @Nullable PublicKey shown;

        /** The file of the private key; null if the agent alone has it. */
        private final @Nullable Path file;

        private boolean inAgent;

        Offer(@Nullable PublicKey shown, @Nullable Path file, boolean inAgent) {
            this.shown = shown;
            this.file = file;
            this.inAgent = inAgent;
        }

        boolean shows(PublicKey key) {
            return shown != null && same(shown, key);
        }
    }

    /**
     * For one login.
     *
     * @param agent the user's agent; it is closed with this
     * @param notes takes a sentence if it does not tell its keys
     */
    Identities(
            ClientSession session,
            SignatureFactoriesManager signatures,
            SshHost host,
            KeyFiles files,
            @Nullable SshAgent agent,
            List<String> notes) {
        this.session = session;
        this.signatures = signatures;
        this.files = files;
        this.agent = agent;
        List<Offer> ofFiles = new ArrayList<>();
        for (Path file : host.keys()) {
            ofFiles.add(new Offer(PublicHalves.ofKey(file).orElse(null), file, false));
            if (host.certificates().isEmpty()) {
                PublicHalves.besideKey(file).ifPresent(beside -> ofFiles.add(new Offer(beside, file, false)));
            }
        }
        for (Path file : host.certificates()) {
            Optional<OpenSshCertificate> certificate = PublicHalves.certificate(file);
            certificate.ifPresentOrElse(
                    read -> offers.add(new Offer(read, null, false)),
                    () -> notes.add("no certificate, since %s has none".formatted(file)));
        }
        List<Offer> others = new ArrayList<>();
        for (PublicKey key : agentKeys(notes)) {
            Optional<Offer> named =
                    ofFiles.stream().filter(offer -> offer.shows(key)).findFirst();
            Optional<Offer> offered =
                    offers.stream().filter(offer -> offer.shows(key)).findFirst();
            if (offered.isPresent()) {
                offered.get().inAgent = true;
            } else if (named.isPresent()) {
                named.get().inAgent = true;
                ofFiles.remove(named.get());
                offers.add(named.get());
            } else if (!host.keysOnly()) {
                others.add(new Offer(key, null, true));
            }
        }
        offers.addAll(others);
        if (host.methods().contains(LoginMethod.PRIVKEY)) {
            offers.addAll(ofFiles);
        }
    }

    private List<PublicKey> agentKeys(List<String> notes) {
        if (agent == null) {
            return List.of();
        }
        try {
            List<PublicKey> keys = new ArrayList<>();
            for (Map.Entry<PublicKey, String> entry : agent.getIdentities()) {
                keys.add(entry.getKey());
            }
            return keys;
        } catch (IOException | RuntimeException e) {
            // As ssh does: the files of keys may help.
            notes.add("no key of the agent, since it does not tell them (%s)".formatted(e.getMessage()));
            return List.of();
        }
    }

    @Override
    public boolean hasNext() {
        while (ready == null && next < offers.size()) {
            ready = identity(offers.get(next++));
        }
        return ready != null;
    }

    @Override
    public PublicKeyIdentity next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        PublicKeyIdentity identity = Objects.requireNonNull(ready);
        ready = null;
        return identity;
    }

    /** Null if there is nothing to offer after all. */
    private @Nullable PublicKeyIdentity identity(Offer offer) {
        PublicKey shown = offer.shown;
        if (shown == null) {
            Path file = offer.file;
            return file == null
                    ? null
                    : files.key(file)
                            .map(pair -> new KeyPairIdentity(signatures, session, pair))
                            .orElse(null);
        }
        return new Later(offer, shown);
    }

    @Override
    public void close() throws IOException {
        if (agent != null) {
            agent.close();
        }
    }

    private static boolean same(PublicKey one, PublicKey other) {
        return Arrays.equals(KnownHosts.blob(one), KnownHosts.blob(other));
    }

    /** What is offered by its public half, and signs by whatever has the private one. */
    private final class Later implements PublicKeyIdentity {
        private final Offer offer;
        private final PublicKey shown;

        Later(Offer offer, PublicKey shown) {
            this.offer = offer;
            this.shown = shown;
        }

        @Override
        @SuppressWarnings("NullAway") // Null for not here, says SSHD.
        public KeyPair getKeyIdentity() {
            return new KeyPair(shown, null);
        }

        @Override
        public Map.Entry<String, byte[]> sign(SessionContext context, String algorithm, byte[] data) throws Exception {
            if (offer.inAgent) {
                return signByAgent(context, shown, algorithm, data);
            }
            if (!(shown instanceof OpenSshCertificate certificate)) {
                return signByFile(offer.file, context, algorithm, data);
            }
            PublicKey plain = certificate.getCertPubKey();
            for (Offer other : offers) {
                if (other.shows(plain) && other.inAgent) {
                    // The agent knows the key, and not this certificate of it.
                    String signature = KeyUtils.getSignatureAlgorithm(algorithm, certificate);
                    byte[] signed = signByAgent(context, plain, signature, data).getValue();
                    return Map.entry(algorithm, signed);
                }
            }
            for (Offer other : offers) {
                if (other.shows(plain) && other.file != null) {
                    return signByFile(other.file, context, algorithm, data);
                }
            }
            for (Offer other : offers) {
                Path file = other.file;
                if (other.shown == null && file != null) {
                    Optional<KeyPair> pair = files.key(file);
                    if (pair.isPresent() && same(pair.get().getPublic(), plain)) {
                        return signByFile(file, context, algorithm, data);
                    }
                }
            }
            return signByFile(offer.file, context, algorithm, data);
        }

        private Map.Entry<String, byte[]> signByAgent(
                SessionContext context, PublicKey key, String algorithm, byte[] data) throws IOException {
            if (agent == null) {
                throw new Unsigned("the agent is gone", null);
            }
            Map.Entry<String, byte[]> signed;
            try {
                signed = agent.sign(context, key, algorithm, data);
            } catch (IOException | RuntimeException e) {
                throw new Unsigned("the agent does not sign (%s)".formatted(e.getMessage()), e);
            }
            if (!signed.getKey().equals(KeyUtils.getSignatureAlgorithm(algorithm, key))) {
                throw new Unsigned("the agent signs by %s".formatted(PeerText.shown(signed.getKey())), null);
            }
            return Map.entry(algorithm, signed.getValue());
        }

        private Map.Entry<String, byte[]> signByFile(
                @Nullable Path file, SessionContext context, String algorithm, byte[] data) throws Exception {
            Optional<KeyPair> pair = file == null ? Optional.empty() : files.key(file);
            if (pair.isEmpty()) {
                throw new Unsigned("its private key is not here", null);
            }
            KeyPair signing = new KeyPair(shown, pair.get().getPrivate());
            return new KeyPairIdentity(signatures, session, signing).sign(context, algorithm, data);
        }
    }
}
