// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.backup.internal.host.HostQuestions;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.internal.format.Writer;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.UnsureCommitException;
import dev.virtwire.repository.internal.unfinished.UnfinishedPoint;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.Mode;
import dev.virtwire.repository.manifest.PointFile;
import java.io.IOException;
import java.time.Instant;
import java.util.List;

/**
 * Makes the point of a domain that has no disk to back up. The host is only asked. All that a run which dies can leave
 * there is a storage pool that was made to read a file.
 */
final class DisklessPoint {
    private DisklessPoint() {}

    /** Is told of the folder that the point is made in. */
    @FunctionalInterface
    interface Begun {
        void at(UnfinishedPoint unfinished) throws IOException;
    }

    /** What the user should know of it. */
    static Notice notice(Point point) {
        boolean variables =
                point.manifest().nvram() != null && point.manifest().nvram().reason() == null;
        return Notice.information("no disk of it can be backed up: the point holds its definition"
                + (variables ? " and UEFI variables" : ""));
    }

    /** Makes it, under the domain's lock. If that fails, nothing of it is left. */
    static Point make(
            BackupRequest request,
            HostFacts facts,
            DomainStore store,
            DiskChoice choice,
            Begun begun,
            HostQuestions questions,
            Runnable requireNotCancelled)
            throws IOException {
        Instant now = store.now();
        String id = store.newPointId(now, Level.FULL);
        UnfinishedPoint unfinished = new UnfinishedPoint(store, id);
        unfinished.create();
        try {
            begun.at(unfinished);
            PointFiles fetched = PointFiles.fetch(facts, store, request.mediaLimit(), questions);
            List<PointFile> files = fetched.write(unfinished);
            Point newest = store.points().newest();
            requireNotCancelled.run();
            return unfinished.commit(new Manifest(
                    Manifest.FORMAT,
                    Manifest.VERSION,
                    Writer.here().program(),
                    store.repositoryId(),
                    id,
                    facts.identity(),
                    facts.host(),
                    Mode.PULL,
                    Level.FULL,
                    Manifest.COMPLETED,
                    null,
                    Attempt.link(newest),
                    null,
                    "the domain has no disk to back up",
                    false,
                    now,
                    store.now(),
                    List.of(),
                    choice.excluded(),
                    files,
                    fetched.domainXml(),
                    fetched.nvram(),
                    facts.state(),
                    List.of()));
        } catch (UnsureCommitException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            try {
                unfinished.discard();
            } catch (IOException further) {
                e.addSuppressed(further);
            }
            throw e;
        }
    }
}
