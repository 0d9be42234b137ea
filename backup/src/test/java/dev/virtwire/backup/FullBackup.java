// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import dev.virtwire.client.Libvirt;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.manifest.Level;
import java.nio.file.Path;

/** A program of its own that makes one full backup. */
public final class FullBackup {
    private FullBackup() {}

    /** Takes the URI, the domain and the repository's folder. */
    public static void main(String[] args) {
        try (Libvirt libvirt = Libvirt.connect(args[0]).join()) {
            Backups.of(libvirt, Repository.openOrCreate(Path.of(args[2])))
                    .backup(BackupRequest.of(args[1]).withLevel(Level.FULL), ProgressListener.NONE)
                    .join();
        }
    }
}
