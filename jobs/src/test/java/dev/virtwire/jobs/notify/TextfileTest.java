// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.jobs.config.NotificationSettings.Textfile;
import dev.virtwire.jobs.report.GuestResult;
import dev.virtwire.jobs.report.JobResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextfileTest {
    @TempDir
    Path folder;

    private Path file() {
        return folder.resolve("virtwire-nightly.prom");
    }

    private void write(JobResult result) throws NotificationException {
        new TextfileNotifier(new Textfile("node", folder)).ended(result);
    }

    @Test
    void theFileHasTheMetricsAndIsForEverybody() throws Exception {
        write(Results.failed());
        assertThat(Exposition.read(Files.readString(file())))
                .containsEntry("virtwire_job_last_run_timestamp_seconds{job=\"nightly\"}", 1796094063.0)
                .containsEntry("virtwire_job_last_success_timestamp_seconds{job=\"nightly\"}", 1796007600.25)
                .containsEntry("virtwire_job_duration_seconds{job=\"nightly\"}", 62.75)
                .containsEntry("virtwire_job_exit_code{job=\"nightly\"}", 1.0)
                .containsEntry("virtwire_job_failures{job=\"nightly\"}", 1.0)
                .containsEntry("virtwire_guest_failed{job=\"nightly\",guest=\"wëb1\"}", 1.0)
                .containsEntry("virtwire_guest_duration_seconds{job=\"nightly\",guest=\"wëb1\"}", 1.5);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
                .isEqualTo("rw-r--r--");

        write(Results.done());
        assertThat(Exposition.read(Files.readString(file())))
                .containsEntry("virtwire_job_exit_code{job=\"nightly\"}", 0.0)
                .noneSatisfy((name, value) -> assertThat(name).startsWith("virtwire_guest"));
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(file());
        }
    }

    @Test
    void namesAreEscaped() throws Exception {
        String name = "a\"b\\c";
        write(Results.of(List.of(), List.of(GuestResult.failed(name, null, "qemu:///system", "no")), List.of()));
        assertThat(Exposition.read(Files.readString(file())))
                .containsKey("virtwire_guest_failed{job=\"nightly\",guest=\"a\\\"b\\\\c\"}");
    }

    /** The same guest of two hosts. */
    @Test
    void noGuestHasTwoLines() throws Exception {
        GuestResult guest = GuestResult.failed("web1", null, "qemu:///system", "no");
        write(Results.of(List.of(), List.of(guest, guest), List.of()));
        assertThat(Exposition.read(Files.readString(file()))).isNotEmpty();
    }

    @Test
    void aMissingFolderIsAWarning() {
        Path missing = folder.resolve("missing");
        Notifications notifications = new Notifications(List.of(new Textfile("node", missing)), Map.of());
        assertThat(notifications.ended(Results.done()).warnings())
                .containsExactly("notification 'node' failed: there is no folder " + missing);
    }

    /** /dev/full is a disk without room: the old file stays, and nothing else does. */
    @Test
    void aFullDiskLeavesTheOldFile() throws Exception {
        Files.writeString(file(), "old\n");
        Path whole = folder.resolve(".virtwire-nightly.prom.new");
        try (FullDisk disk = FullDisk.mount(folder.resolve("full"))) {
            Files.copy(file(), disk.folder().resolve(file().getFileName()));
            disk.fill();
            TextfileNotifier notifier = new TextfileNotifier(new Textfile("node", disk.folder()));
            assertThatThrownBy(() -> notifier.ended(Results.failed()))
                    .isInstanceOf(NotificationException.class)
                    .hasMessageContaining("cannot be written: No space left on device");
            assertThat(disk.folder().resolve(file().getFileName())).hasContent("old\n");
            assertThat(disk.folder().resolve(whole.getFileName())).doesNotExist();
        }
    }
}
