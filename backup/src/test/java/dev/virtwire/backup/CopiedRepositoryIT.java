// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.repository.Repository;
import dev.virtwire.repository.Tools;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A repository and its copy, both of which are backed up into. */
@ExtendWith(LibvirtdExtension.class)
class CopiedRepositoryIT {
    private static final String NAME = "copied";

    @TempDir
    Path folder;

    /** If the copy is first, the original's checkpoint is still on the host. It is not the copy's to build on. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aCopyWithAnIdOfItsOwnLeavesTheCheckpointsOfTheOriginalAlone(boolean copyFirst, Libvirtd libvirtd)
            throws Exception {
        try (Guest guest = Guest.on(libvirtd, NAME)
                .disk(GuestDisk.qcow2(24 * MIB).pattern(3))
                .start()) {
            Scene original = new Scene(libvirtd, folder.resolve("original"));
            Scene copy = new Scene(libvirtd, folder.resolve("copy"));
            History intoOriginal = new History(libvirtd, guest, original, folder.resolve("truths"));
            intoOriginal.backup();
            Files.createDirectories(copy.backups().getParent());
            List<String> command = List.of(
                    "cp", "-a", original.backups().toString(), copy.backups().toString());
            new Tools().run(command);
            String formerId = Repository.open(copy.backups()).id();
            Repository.open(copy.backups()).newId();
            History intoCopy = new History(libvirtd, guest, copy, folder.resolve("truths of the copy"));

            String before = null;
            for (int day = 0; day < 3; day++) {
                guest.write("vda", day * 7 * MIB, 65_536, 0x30 + day);
                Manifest ofCopy = copyFirst ? increment(intoCopy, copy.backups(), day > 0) : null;
                Manifest one = increment(intoOriginal, original.backups(), true);
                Manifest other = ofCopy == null ? increment(intoCopy, copy.backups(), day > 0) : ofCopy;
                assertThat(reason(other).contains("its checkpoint belongs to repository " + formerId))
                        .isEqualTo(day == 0);
                original.requireClean(NAME, one.checkpoint(), other.checkpoint());
                assertThat(other.checkpoint()).isNotEqualTo(before);
                before = other.checkpoint();
            }
            intoOriginal.requireTruth();
            intoCopy.requireTruth();
        }
    }

    private static Manifest increment(History history, Path repository, boolean byBitmap) throws Exception {
        BackupResult result = history.backup();
        Manifest manifest = result.point().manifest();
        assertThat(manifest.repository()).isEqualTo(Repository.open(repository).id());
        ManifestDisk disk = manifest.disk("vda");
        assertThat(disk.level()).isEqualTo(Level.INCREMENTAL);
        assertThat(disk.reason().startsWith("what changed since point")).isEqualTo(byBitmap);
        return manifest;
    }

    private static String reason(Manifest manifest) {
        return manifest.disk("vda").reason();
    }
}
