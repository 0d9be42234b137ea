// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.repository.Tools;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A full pull over a UNIX socket enters the classes that docs/design/backup.md lists, and no others. */
@ExtendWith(LibvirtdExtension.class)
class BackupPageIT {
    private static final Pattern ENTERED = Pattern.compile("Initializing '(dev/virtwire/(?:backup|repository)/[^'$]+)");

    @TempDir
    Path folder;

    @Test
    void aFullBackupEntersTheClassesOfThePageAndNoOthers(Libvirtd libvirtd) throws Exception {
        Path log = folder.resolve("entered");
        try (Guest guest = Guest.on(libvirtd, "page")
                .disk(GuestDisk.qcow2(8 << 20).random(0, 4 << 20, 1))
                .start()) {
            new Tools()
                    .run(List.of(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xshare:auto",
                            "-Xlog:class+init=info:file=" + log,
                            "-cp",
                            System.getProperty("java.class.path"),
                            FullBackup.class.getName(),
                            libvirtd.unixUri(),
                            guest.name(),
                            folder.resolve("backups").toString()));
        }
        Set<String> entered = new TreeSet<>();
        for (MatchResult found :
                ENTERED.matcher(Files.readString(log)).results().toList()) {
            Class<?> type = Class.forName(
                    found.group(1).replace('/', '.'), false, getClass().getClassLoader());
            if (isCounted(type)) {
                entered.add(type.getSimpleName());
            }
        }
        assertThat(entered).containsExactlyInAnyOrderElementsOf(BackupPage.classes());
    }

    /** What has behaviour: neither a record, an enum nor an exception, nor mere constants. */
    private static boolean isCounted(Class<?> type) {
        return !type.isRecord()
                && !type.isEnum()
                && !type.isInterface()
                && !Throwable.class.isAssignableFrom(type)
                && type.getDeclaredMethods().length > 0
                && type != FullBackup.class;
    }
}
