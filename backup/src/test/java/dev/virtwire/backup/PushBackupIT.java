// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.Libvirt;
import dev.virtwire.repository.Operation;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.RestoreRequest;
import dev.virtwire.repository.Tools;
import dev.virtwire.repository.VerifyReport;
import dev.virtwire.repository.VerifyRequest;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.Mode;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(LibvirtdExtension.class)
class PushBackupIT {
    @TempDir
    Path folder;

    private final Tools tools = new Tools();

    @Test
    void theHostWritesTheImagesAndTheManifestSaysThatNobodyHasVerifiedThem(Libvirtd libvirtd) throws Exception {
        Scene scene = new Scene(libvirtd, folder);
        Path target = Files.createDirectory(libvirtd.directory().resolve("pushed"));
        try (Guest guest = Guest.on(libvirtd, "push")
                .disk(GuestDisk.qcow2(48 * MIB).pattern(3))
                .disk(GuestDisk.raw(8 * MIB).pattern(4))
                .start()) {
            guest.copyDisk("vda", folder.resolve("vda.raw"));
            guest.copyDisk("vdb", folder.resolve("vdb.raw"));
            List<Progress> heard = new ArrayList<>();
            BackupResult result = scene.backup(BackupRequest.of("push").pushingTo(target.toString()), heard::add);

            Manifest manifest = result.point().manifest();
            assertThat(result.outcome()).isEqualTo("completed, unverified");
            assertThat(manifest.mode()).isEqualTo(Mode.PUSH);
            assertThat(heard.get(heard.size() - 1).bytesDone()).isEqualTo(56 * MIB);
            assertThat(manifest.disks()).hasSize(2);
            for (ManifestDisk disk : manifest.disks()) {
                assertThat(disk.pushed().verified()).isEqualTo("no");
                assertThat(disk.pushed().path())
                        .startsWith(target + "/virtwire-" + scene.repository().id());
                tools.compare(
                        folder.resolve(disk.target() + ".raw"),
                        Path.of(disk.pushed().path()),
                        "qcow2");
            }
            assertThat(manifest.checkpoint()).isNull();
            scene.requireClean("push");

            VerifyReport report = scene.repository()
                    .verify(VerifyRequest.everything(), ProgressListener.NONE)
                    .join();
            assertThat(report.damage()).isEmpty();
            assertThat(report.intact()).isFalse();
            assertThat(report.unverifiable()).hasSize(2).allMatch(text -> text.contains("nobody has digests of it"));
            assertThatThrownBy(() -> scene.repository()
                            .restore(RestoreRequest.of(result.point(), folder.resolve("out")), ProgressListener.NONE)
                            .join())
                    .isInstanceOf(RepositoryException.class)
                    .hasMessageContaining("is not in the repository: the hypervisor wrote it to " + target);
            assertThat(folder.resolve("out")).doesNotExist();
        }
    }

    @Test
    void aFolderThatTheHostCannotWriteToFailsAndLeavesNothing(Libvirtd libvirtd) throws Exception {
        Scene scene = new Scene(libvirtd, folder);
        try (Guest guest = Guest.on(libvirtd, "push-nowhere")
                .disk(GuestDisk.qcow2(8 * MIB).pattern(3))
                .start()) {
            assertThat(scene.failure(BackupRequest.of(guest.name()).pushingTo("/nowhere/at/all")))
                    .hasMessageStartingWith("the backup of domain push-nowhere failed: ")
                    .hasMessageContaining("/nowhere/at/all")
                    .hasMessageNotContaining("Left behind");
            scene.requireClean(guest.name());
        }
    }

    @Test
    void aCancelledPushLeavesNothing(Libvirtd libvirtd) throws Exception {
        Scene scene = new Scene(libvirtd, folder);
        Path target = Files.createDirectory(libvirtd.directory().resolve("pushed-cancelled"));
        try (Guest guest = Guest.on(libvirtd, "push-cancel")
                        .disk(GuestDisk.qcow2(400 * MIB).random(0, 400 * MIB, 5))
                        .start();
                Libvirt libvirt = scene.connect()) {
            CompletableFuture<Operation<BackupResult>> started = new CompletableFuture<>();
            AtomicReference<CompletableFuture<Void>> cancelled = new AtomicReference<>();
            Operation<BackupResult> backup = Backups.of(libvirt, scene.repository())
                    .backup(BackupRequest.of(guest.name()).pushingTo(target.toString()), progress -> {
                        if (progress.phase() == Progress.Phase.COPYING && cancelled.get() == null) {
                            cancelled.set(started.join().cancel());
                        }
                    });
            started.complete(backup);

            assertThatThrownBy(() -> backup.result().join()).hasCauseInstanceOf(BackupCancelledException.class);
            assertThat(tools.list(target)).isEmpty();
            scene.requireClean(guest.name());
        }
    }
}
