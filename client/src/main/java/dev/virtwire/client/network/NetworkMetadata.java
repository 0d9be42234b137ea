// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.network;

import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.NetworkCalls;
import dev.virtwire.protocol.remote.NetworkMetadataType;
import dev.virtwire.protocol.remote.NetworkUpdateFlags;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * What people and programs note at a network: its title, its description, and elements of namespaces of their own
 * ({@code virNetworkGetMetadata}, {@code virNetworkSetMetadata}, since libvirt 9.7). {@link Network#metadata()} gives
 * it; it holds no state.
 *
 * @since 0.1
 */
public final class NetworkMetadata {
    private final Network network;

    NetworkMetadata(Network network) {
        this.network = network;
    }

    /** The title, one line. */
    public CompletableFuture<Optional<String>> title(NetworkUpdateFlags... flags) {
        return get(NetworkMetadataType.TITLE, null, flags);
    }

    /** Sets the title; null removes it. */
    public CompletableFuture<Void> setTitle(@Nullable String title, NetworkUpdateFlags... flags) {
        return set(NetworkMetadataType.TITLE, title, null, null, flags);
    }

    /** The description. */
    public CompletableFuture<Optional<String>> description(NetworkUpdateFlags... flags) {
        return get(NetworkMetadataType.DESCRIPTION, null, flags);
    }

    /** Sets the description; null removes it. */
    public CompletableFuture<Void> setDescription(@Nullable String description, NetworkUpdateFlags... flags) {
        return set(NetworkMetadataType.DESCRIPTION, description, null, null, flags);
    }

    /**
     * The element of a namespace, as XML.
     *
     * @param namespace its URI
     */
    public CompletableFuture<Optional<String>> element(String namespace, NetworkUpdateFlags... flags) {
        return get(NetworkMetadataType.ELEMENT, namespace, flags);
    }

    /**
     * Sets the element of a namespace, in place of the one that was there.
     *
     * @param namespace its URI
     * @param prefix the namespace's prefix in the network's XML
     * @param xml one element, without the prefix
     */
    public CompletableFuture<Void> setElement(
            String namespace, String prefix, String xml, NetworkUpdateFlags... flags) {
        return set(NetworkMetadataType.ELEMENT, xml, prefix, namespace, flags);
    }

    /** Removes the element of a namespace. */
    public CompletableFuture<Void> removeElement(String namespace, NetworkUpdateFlags... flags) {
        return set(NetworkMetadataType.ELEMENT, null, null, namespace, flags);
    }

    private CompletableFuture<Optional<String>> get(
            NetworkMetadataType type, @Nullable String namespace, NetworkUpdateFlags... flags) {
        return new NetworkCalls(network.libvirt())
                .networkGetMetadata(network.ref(), type, namespace, Set.of(flags))
                .handle((result, failure) -> {
                    if (failure == null) {
                        return Optional.of(result.metadata());
                    }
                    Throwable cause = LibvirtException.unwrap(failure);
                    if (cause instanceof RemoteException remote && remote.is(ErrorCode.NO_NETWORK_METADATA)) {
                        return Optional.empty();
                    }
                    throw new CompletionException(cause);
                });
    }

    private CompletableFuture<Void> set(
            NetworkMetadataType type,
            @Nullable String value,
            @Nullable String prefix,
            @Nullable String namespace,
            NetworkUpdateFlags... flags) {
        return new NetworkCalls(network.libvirt())
                .networkSetMetadata(network.ref(), type, value, prefix, namespace, Set.of(flags));
    }
}
