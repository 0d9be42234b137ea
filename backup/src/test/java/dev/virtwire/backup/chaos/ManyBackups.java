// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.BackupResult;
import dev.virtwire.backup.Backups;
import dev.virtwire.client.Libvirt;
import dev.virtwire.repository.Operation;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** A program that backs up several domains at once and says how much memory that took at most. */
public final class ManyBackups {
    private ManyBackups() {}

    /** Takes the URI, the repository's folder and the domains. */
    public static void main(String[] args) throws IOException {
        Repository repository = Repository.openOrCreate(Path.of(args[1]));
        try (Libvirt libvirt = Libvirt.connect(args[0]).join()) {
            List<Operation<BackupResult>> backups = Arrays.stream(args, 2, args.length)
                    .map(domain ->
                            Backups.of(libvirt, repository).backup(BackupRequest.of(domain), ProgressListener.NONE))
                    .toList();
            backups.forEach(backup -> backup.result().join());
        }
        // In KiB, by the kernel's account of the whole process.
        System.out.println("peak "
                + Files.readAllLines(Path.of("/proc/self/status")).stream()
                        .filter(line -> line.startsWith("VmHWM:"))
                        .findFirst()
                        .orElseThrow()
                        .replaceAll("[^0-9]", ""));
    }
}
