// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.repository.Point;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.VerifyRequest;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Eight guests of a host are backed up at once by a program that has little memory. */
@ExtendWith(LibvirtdExtension.class)
class EightGuestsIT {
    private static final int GUESTS = 8;
    private static final long DISK = 40 << 20;

    /** What a program needs for eight backups at once: this heap, and for each of them 32 buffers of 1 MiB. */
    private static final int HEAP_MIB = 64;

    private static final int DIRECT_MIB = GUESTS * 36;

    /** The whole process, code and threads included. */
    private static final int CAP_MIB = 512;

    @TempDir
    Path folder;

    @Test
    void areBackedUpAtOnceWithinOneMemoryCap(Libvirtd libvirtd) throws Exception {
        List<Guest> guests = new ArrayList<>();
        try {
            for (int i = 0; i < GUESTS; i++) {
                guests.add(Guest.on(libvirtd, "eight-" + i)
                        .disk(GuestDisk.qcow2(DISK).random(0, DISK, i))
                        .start());
            }
            List<String> command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx" + HEAP_MIB + "m",
                    "-XX:MaxDirectMemorySize=" + DIRECT_MIB + "m",
                    "-XX:+ExitOnOutOfMemoryError",
                    "-cp",
                    System.getProperty("java.class.path"),
                    ManyBackups.class.getName(),
                    libvirtd.unixUri(),
                    folder.resolve("backups").toString()));
            guests.forEach(guest -> command.add(guest.name()));
            String peak = Programs.run(command)
                    .lines()
                    .filter(line -> line.startsWith("peak "))
                    .findFirst()
                    .orElseThrow();
            int mib = Integer.parseInt(peak.substring(5)) >> 10;
            System.out.printf("%d backups at once took %d MiB at most.%n", GUESTS, mib);
            assertThat(mib).isLessThan(CAP_MIB);

            Repository repository = Repository.open(folder.resolve("backups"));
            assertThat(repository
                            .verify(VerifyRequest.everything(), ProgressListener.NONE)
                            .join()
                            .intact())
                    .isTrue();
            for (Guest guest : guests) {
                Path truth = folder.resolve("truth.raw");
                guest.copyDisk("vda", truth);
                Point point = repository.newestPoint(guest.name());
                Programs.run(List.of(
                        "qemu-img",
                        "compare",
                        "-f",
                        "raw",
                        "-F",
                        "qcow2",
                        truth.toString(),
                        point.folder().resolve("vda.qcow2").toString()));
            }
        } finally {
            guests.forEach(Guest::close);
        }
    }
}
