// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.domain;

import dev.virtwire.client.Libvirt;
import dev.virtwire.protocol.remote.CoreDumpFlags;
import dev.virtwire.protocol.remote.CoreDumpFormat;
import dev.virtwire.protocol.remote.DomainManagedSaveGetXmlDescResult;
import dev.virtwire.protocol.remote.DomainSaveFlags;
import dev.virtwire.protocol.remote.SaveCalls;
import dev.virtwire.protocol.remote.SaveImageXmlFlags;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A domain's memory on the host's disk: saved by libvirt for the next start, saved to a file, or dumped.
 * {@link Domain#saved()} gives it. These calls take as long as writing the memory does.
 *
 * @since 0.1
 */
public final class SavedState {
    private final Domain domain;

    SavedState(Domain domain) {
        this.domain = domain;
    }

    /** Saves the running domain and stops it; its next start resumes from there ({@code virDomainManagedSave}). */
    public CompletableFuture<Void> manage(DomainSaveFlags... flags) {
        return saves().domainManagedSave(domain.ref(), Set.of(flags));
    }

    /** Whether its next start resumes a saved state ({@code virDomainHasManagedSaveImage}). */
    public CompletableFuture<Boolean> isManaged() {
        return saves().domainHasManagedSaveImage(domain.ref()).thenApply(result -> result.result() != 0);
    }

    /** Forgets that state, as if the power had failed ({@code virDomainManagedSaveRemove}). */
    public CompletableFuture<Void> discardManaged() {
        return saves().domainManagedSaveRemove(domain.ref());
    }

    /** The configuration that was saved with it ({@code virDomainManagedSaveGetXMLDesc}). */
    public CompletableFuture<String> managedXml(SaveImageXmlFlags... flags) {
        return saves().domainManagedSaveGetXmlDesc(domain.ref(), Set.of(flags))
                .thenApply(DomainManagedSaveGetXmlDescResult::xml);
    }

    /** Saves the running domain to a file of the host and stops it: {@link #to(String, String, DomainSaveFlags...)}. */
    public CompletableFuture<Void> to(String file) {
        return to(file, null);
    }

    /**
     * Saves the running domain to a file of the host and stops it ({@code virDomainSaveFlags}); {@link
     * Libvirt#restoreDomain} resumes it.
     *
     * @param xml what is saved in place of the domain's own configuration, changed where the guest cannot see it; or
     *     null
     */
    public CompletableFuture<Void> to(String file, @Nullable String xml, DomainSaveFlags... flags) {
        return saves().domainSaveFlags(domain.ref(), file, xml, Set.of(flags));
    }

    /** Writes the guest's memory to a file of the host, for a debugger ({@code virDomainCoreDumpWithFormat}). */
    public CompletableFuture<Void> dumpCore(String file, CoreDumpFormat format, CoreDumpFlags... flags) {
        return saves().domainCoreDumpWithFormat(domain.ref(), file, format, Set.of(flags));
    }

    private SaveCalls saves() {
        return new SaveCalls(domain.libvirt());
    }
}
