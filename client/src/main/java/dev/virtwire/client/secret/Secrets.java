// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.secret;

import dev.virtwire.client.Libvirt;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.ConnectListAllSecretsFlags;
import dev.virtwire.protocol.remote.SecretCalls;
import dev.virtwire.protocol.remote.SecretDefineFlags;
import dev.virtwire.protocol.remote.SecretUsageType;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * The secrets of a host. {@link Libvirt#secrets()} gives it; it holds no state.
 *
 * @since 0.1
 */
public final class Secrets {
    private final Libvirt libvirt;

    private Secrets(Libvirt libvirt) {
        this.libvirt = libvirt;
    }

    /** The secrets of this connection's host; nothing is asked. */
    public static Secrets of(Libvirt libvirt) {
        return new Secrets(libvirt);
    }

    /** Those of these kinds ({@code virConnectListAllSecrets}); no kind of a group stands for all of it. */
    public CompletableFuture<List<Secret>> list(ConnectListAllSecretsFlags... kinds) {
        return calls().connectListAllSecrets(1, Set.of(kinds))
                .thenApply(result -> result.secrets().stream()
                        .map(found -> Secret.of(libvirt, found))
                        .toList());
    }

    /**
     * The secret of that UUID ({@code virSecretLookupByUUID}); fails with {@link ErrorCode#NO_SECRET} if the host
     * has no such secret.
     */
    public CompletableFuture<Secret> find(UUID uuid) {
        return calls().secretLookupByUuid(uuid).thenApply(result -> Secret.of(libvirt, result.secret()));
    }

    /**
     * The secret for that use ({@code virSecretLookupByUsage}); fails with {@link ErrorCode#NO_SECRET} if the host
     * has no such secret.
     */
    public CompletableFuture<Secret> find(SecretUsageType type, String usage) {
        return calls().secretLookupByUsage(type, usage).thenApply(result -> Secret.of(libvirt, result.secret()));
    }

    /** Defines a secret, or redefines it ({@code virSecretDefineXML}); {@link Secret#setValue} gives it a value. */
    public CompletableFuture<Secret> define(String xml, SecretDefineFlags... flags) {
        return calls().secretDefineXml(xml, Set.of(flags)).thenApply(result -> Secret.of(libvirt, result.secret()));
    }

    private SecretCalls calls() {
        return new SecretCalls(libvirt);
    }
}
