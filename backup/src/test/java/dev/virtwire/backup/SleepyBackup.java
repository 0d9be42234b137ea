// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import dev.virtwire.client.Libvirt;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import java.nio.file.Path;

/** A program of its own that begins a backup, says so in mid-copy and waits to be killed. */
public final class SleepyBackup {
    private SleepyBackup() {}

    /** Takes the URI, the domain and the repository's folder. */
    public static void main(String[] args) {
        ProgressListener listener = Scene.inMidCopy(() -> {
            System.out.println("copying");
            try {
                Thread.sleep(60_000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        BackupRequest plan = BackupRequest.of(args[1]);
        Libvirt libvirt = Libvirt.connect(args[0]).join();
        Backups.of(libvirt, Repository.openOrCreate(Path.of(args[2])))
                .backup(plan, listener)
                .result()
                .join();
    }
}
