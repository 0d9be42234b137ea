// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.clearing;

import dev.virtwire.backup.RecoverReport;
import dev.virtwire.backup.internal.host.DomainBitmaps;
import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.Listing;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Takes all that Virtwire needs for increments away from a domain, for one that is to go. */
public final class CheckpointRemoval {
    private CheckpointRemoval() {}

    /** See {@link dev.virtwire.backup.Backups#removeCheckpoints}. */
    public static RecoverReport run(Libvirt libvirt, String name, @Nullable RepositoryStore repository) {
        Domain domain = HostFacts.find(libvirt, name);
        DomainBitmaps bitmaps = DomainBitmaps.of(domain);
        if (bitmaps.isRunning()) {
            HostFacts.refuseOtherJob(domain);
        }
        Predicate<String> ours = repository == null ? Names::isCheckpoint : UnneededCheckpoints.isOf(repository.id());
        Set<String> names = bitmaps.names(ours);
        names.forEach(bitmaps.isRunning() ? bitmaps::removeEverywhere : bitmaps::forget);
        if (repository != null && bitmaps.isRunning()) {
            for (DomainStore store : repository.domainStores()) {
                Listing listing = store.points();
                if (isOf(listing, domain)) {
                    UnneededCheckpoints.removeUnseen(
                            bitmaps, listing, ours.and(checkpoint -> !names.contains(checkpoint)));
                }
            }
        }
        return new RecoverReport(bitmaps.done(), bitmaps.left(), List.of(), List.of());
    }

    private static boolean isOf(Listing listing, Domain domain) {
        Point newest = listing.newest();
        return newest != null && newest.manifest().domain().uuid().equals(domain.uuid());
    }
}
