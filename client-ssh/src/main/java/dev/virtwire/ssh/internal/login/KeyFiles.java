// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.login;

import dev.virtwire.client.ConfigurationException;
import dev.virtwire.client.CredentialRequest;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.internal.auth.CredentialSource;
import dev.virtwire.ssh.internal.route.SshHost;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.apache.sshd.common.NamedResource;
import org.apache.sshd.common.config.keys.FilePasswordProvider;
import org.jspecify.annotations.Nullable;

/**
 * The private keys of a host's files, each read when the host wants its signature, or when nothing else tells its
 * public half: so a passphrase is asked for only where its key is needed, and once.
 */
final class KeyFiles {
    private static final int MOST_BYTES = 1 << 20;

    private final SshHost host;
    private final CredentialSource credentials;
    private final List<String> notes;
    private final Map<Path, Optional<KeyPair>> read = new HashMap<>();
    private @Nullable RuntimeException failure;

    /** Nobody knows the passphrase of a key that need not be used. */
    private static final class Unanswered extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /**
     * For one login.
     *
     * @param notes takes a sentence for each key that could not be used
     */
    KeyFiles(SshHost host, CredentialSource credentials, List<String> notes) {
        this.host = host;
        this.credentials = credentials;
        this.notes = notes;
    }

    /** What is wrong with a file that had to be right; null for nothing. */
    @Nullable
    RuntimeException failure() {
        return failure;
    }

    /** The key of a file; empty, and noted, if it cannot be used. */
    Optional<KeyPair> key(Path file) {
        Optional<KeyPair> known = read.get(file);
        if (known == null) {
            known = read(file).stream().findFirst();
            read.put(file, known);
        }
        return known;
    }

    private List<KeyPair> read(Path file) {
        try {
            return keys(file);
        } catch (ConfigurationException e) {
            if (host.keysRequired()) {
                failure = e;
                throw e;
            }
            notes.add(String.valueOf(e.getMessage()));
            return List.of();
        } catch (RuntimeException e) {
            // The user's own callback failed, and the user shall see that.
            failure = e;
            throw e;
        }
    }

    private List<KeyPair> keys(Path file) {
        Optional<byte[]> bytes = bytes(file);
        if (bytes.isEmpty()) {
            return List.of();
        }
        boolean[] asked = new boolean[1];
        FilePasswordProvider passphrase = (session, resource, attempt) -> {
            asked[0] = true;
            return passphrase(file);
        };
        try {
            Collection<KeyPair> found = KeyParsers.ALL.loadKeyPairs(
                    null, NamedResource.ofName(file.toString()), passphrase, new ByteArrayInputStream(bytes.get()));
            List<KeyPair> keys = found == null ? List.of() : List.copyOf(found); // null is SSHD's none
            if (keys.isEmpty()) {
                throw wrong(file, "holds no private key of a known kind", null);
            }
            return keys;
        } catch (Unanswered e) {
            throw wrong(file, "is encrypted, and nobody gave its passphrase", null);
        } catch (IOException | GeneralSecurityException e) {
            if (asked[0]) {
                // The causes of this say how the padding looked, which helps nobody.
                throw wrong(file, "is encrypted, and the passphrase given for it is wrong", null);
            }
            throw wrong(file, "cannot be understood: " + e.getMessage(), e);
        } finally {
            Arrays.fill(bytes.get(), (byte) 0);
        }
    }

    private Optional<byte[]> bytes(Path file) {
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw wrong(file, "is too big for a key", null);
            }
            return Optional.of(Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            if (host.keysRequired()) {
                throw wrong(file, "does not exist", e);
            }
            return Optional.empty();
        } catch (AccessDeniedException e) {
            throw wrong(file, "cannot be read: permission denied", e);
        } catch (IOException e) {
            throw wrong(file, "cannot be read: " + e.getMessage(), e);
        }
    }

    private String passphrase(Path file) {
        char[] secret;
        try {
            secret = host.keysRequired()
                    ? credentials
                            .require(
                                    CredentialRequest.Kind.KEY_PASSPHRASE,
                                    "Passphrase of " + file,
                                    unanswered -> wrong(file, "is encrypted, and " + unanswered, null))
                            .join()
                    : credentials
                            .ask(CredentialRequest.Kind.KEY_PASSPHRASE, "Passphrase of " + file)
                            .join()
                            .orElseThrow(Unanswered::new);
        } catch (CompletionException e) {
            throw LibvirtException.unwrap(e) instanceof RuntimeException cause ? cause : e;
        }
        try {
            return new String(secret);
        } finally {
            Arrays.fill(secret, '\0');
        }
    }

    private static ConfigurationException wrong(Path file, String why, @Nullable Throwable cause) {
        return new ConfigurationException("private key %s %s".formatted(file, why), cause);
    }
}
