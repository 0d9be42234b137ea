// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import dev.virtwire.backup.internal.batch.Batch;
import dev.virtwire.backup.internal.job.BackupRun;
import dev.virtwire.client.Libvirt;
import dev.virtwire.nbd.NbdOptions;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.internal.RepositoryStore;
import java.util.function.Function;

/** A run over several domains, as {@link Backups#backupAll} makes it, over data connections that a test disturbs. */
public final class DisturbedBatch {
    private DisturbedBatch() {}

    /** Makes it; {@code listeners} and {@code connections} are asked by the name of a domain. */
    public static BatchResult run(
            Libvirt libvirt,
            RepositoryStore store,
            BatchRequest request,
            Function<String, ProgressListener> listeners,
            Function<String, NbdOptions> connections) {
        TransferLimits shared = TransferLimits.of(request.jobs(), request.bytesPerSecond());
        return new Batch(
                        request,
                        domain -> new BackupRun(
                                libvirt,
                                store,
                                domain,
                                listeners.apply(domain.domain()),
                                shared.budget(),
                                connections.apply(domain.domain())),
                        store)
                .run();
    }
}
