// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.secret;

import dev.virtwire.client.Libvirt;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.SecretCalls;
import dev.virtwire.protocol.remote.SecretGetValueResult;
import dev.virtwire.protocol.remote.SecretGetXmlDescResult;
import dev.virtwire.protocol.remote.SecretRef;
import dev.virtwire.protocol.remote.SecretUsageType;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A secret, such as the passphrase of an encrypted disk. Its identity is its UUID: two of these are equal if
 * connection and UUID are. The object holds neither state nor value; every call asks the server.
 *
 * @since 0.1
 */
public final class Secret {
    private final Libvirt libvirt;
    private final SecretRef ref;

    private Secret(Libvirt libvirt, SecretRef ref) {
        this.libvirt = libvirt;
        this.ref = ref;
    }

    /** The secret that a reference of the protocol names, on this connection; nothing is asked. */
    public static Secret of(Libvirt libvirt, SecretRef ref) {
        return new Secret(libvirt, ref);
    }

    /** The connection. */
    public Libvirt libvirt() {
        return libvirt;
    }

    /** The reference that names the secret in the protocol. */
    public SecretRef ref() {
        return ref;
    }

    /** The UUID. */
    public UUID uuid() {
        return ref.uuid();
    }

    /** What it is for; empty if a newer server has a type that this client does not know. */
    public Optional<SecretUsageType> usageType() {
        return SecretUsageType.of(ref.usageType());
    }

    /** What it is for in particular, such as a volume's path. */
    public String usage() {
        return ref.usageId();
    }

    /** The description, as XML, without the value ({@code virSecretGetXMLDesc}). */
    public CompletableFuture<String> xml() {
        return calls().secretGetXmlDesc(ref).thenApply(SecretGetXmlDescResult::xml);
    }

    /**
     * The value ({@code virSecretGetValue}); fails with {@link ErrorCode#NO_SECRET} if it has none yet, and with
     * {@link ErrorCode#INVALID_SECRET} if it is private.
     */
    public CompletableFuture<byte[]> value() {
        return calls().secretGetValue(ref).thenApply(SecretGetValueResult::value);
    }

    /**
     * Sets the value ({@code virSecretSetValue}).
     *
     * @param value at most 64 KiB; may be overwritten when this completes
     */
    public CompletableFuture<Void> setValue(byte[] value) {
        return calls().secretSetValue(ref, value);
    }

    /** Forgets the secret and its value ({@code virSecretUndefine}). */
    public CompletableFuture<Void> undefine() {
        return calls().secretUndefine(ref);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Secret secret
                && secret.libvirt.equals(libvirt)
                && secret.uuid().equals(uuid());
    }

    @Override
    public int hashCode() {
        return Objects.hash(uuid());
    }

    /** UUID and use. */
    @Override
    public String toString() {
        return usage().isEmpty() ? uuid().toString() : uuid() + " for " + usage();
    }

    private SecretCalls calls() {
        return new SecretCalls(libvirt);
    }
}
