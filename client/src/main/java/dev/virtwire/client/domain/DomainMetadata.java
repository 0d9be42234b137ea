// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.domain;

import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.DomainAffectFlags;
import dev.virtwire.protocol.remote.DomainCalls;
import dev.virtwire.protocol.remote.DomainMetadataType;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * What people and programs note at a domain: its title, its description, and elements of namespaces of their own
 * ({@code virDomainGetMetadata}, {@code virDomainSetMetadata}). {@link Domain#metadata()} gives it; it holds no state.
 *
 * @since 0.1
 */
public final class DomainMetadata {
    private final Domain domain;

    DomainMetadata(Domain domain) {
        this.domain = domain;
    }

    /** The title, one line. */
    public CompletableFuture<Optional<String>> title(DomainAffectFlags... flags) {
        return get(DomainMetadataType.TITLE, null, flags);
    }

    /** Sets the title; null removes it. */
    public CompletableFuture<Void> setTitle(@Nullable String title, DomainAffectFlags... flags) {
        return set(DomainMetadataType.TITLE, title, null, null, flags);
    }

    /** The description. */
    public CompletableFuture<Optional<String>> description(DomainAffectFlags... flags) {
        return get(DomainMetadataType.DESCRIPTION, null, flags);
    }

    /** Sets the description; null removes it. */
    public CompletableFuture<Void> setDescription(@Nullable String description, DomainAffectFlags... flags) {
        return set(DomainMetadataType.DESCRIPTION, description, null, null, flags);
    }

    /**
     * The element of a namespace, as XML.
     *
     * @param namespace its URI
     */
    public CompletableFuture<Optional<String>> element(String namespace, DomainAffectFlags... flags) {
        return get(DomainMetadataType.ELEMENT, namespace, flags);
    }

    /**
     * Sets the element of a namespace, in place of the one that was there.
     *
     * @param namespace its URI
     * @param prefix the namespace's prefix in the domain's XML
     * @param xml one element, without the prefix
     */
    public CompletableFuture<Void> setElement(String namespace, String prefix, String xml, DomainAffectFlags... flags) {
        return set(DomainMetadataType.ELEMENT, xml, prefix, namespace, flags);
    }

    /** Removes the element of a namespace. */
    public CompletableFuture<Void> removeElement(String namespace, DomainAffectFlags... flags) {
        return set(DomainMetadataType.ELEMENT, null, null, namespace, flags);
    }

    private CompletableFuture<Optional<String>> get(
            DomainMetadataType type, @Nullable String namespace, DomainAffectFlags... flags) {
        return new DomainCalls(domain.libvirt())
                .domainGetMetadata(domain.ref(), type, namespace, Set.of(flags))
                .handle((result, failure) -> {
                    if (failure == null) {
                        return Optional.of(result.metadata());
                    }
                    Throwable cause = LibvirtException.unwrap(failure);
                    if (cause instanceof RemoteException remote && remote.is(ErrorCode.NO_DOMAIN_METADATA)) {
                        return Optional.empty();
                    }
                    throw new CompletionException(cause);
                });
    }

    private CompletableFuture<Void> set(
            DomainMetadataType type,
            @Nullable String value,
            @Nullable String prefix,
            @Nullable String namespace,
            DomainAffectFlags... flags) {
        return new DomainCalls(domain.libvirt())
                .domainSetMetadata(domain.ref(), type, value, prefix, namespace, Set.of(flags));
    }
}
