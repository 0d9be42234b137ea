// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.storage.StoragePool;
import dev.virtwire.repository.Tools;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** {@code virtwire restore} to where people need it, on a host with two domains. */
@ExtendWith(LibvirtdExtension.class)
class RestorePlacesIT {
    private static final int MIB = 1 << 20;

    @TempDir
    Path folder;

    private static Guest guest(Libvirtd libvirtd, String name, int seed) {
        return Guest.on(libvirtd, name)
                .disk(GuestDisk.qcow2(5 * MIB).random(MIB, MIB, seed))
                .disk(GuestDisk.qcow2(2 * MIB).pattern(seed))
                .start();
    }

    @Test
    void inPlaceIntoAPoolOverAVolumeAndAllAtOnce(Libvirtd libvirtd) throws Exception {
        String dir = folder.resolve("backups").toString();
        Path volumes = Files.createTempDirectory(libvirtd.directory(), "places");
        Path out = Files.createTempDirectory(libvirtd.directory(), "out").resolve("all");
        String uri = libvirtd.unixUri();
        Tools tools = new Tools();
        try (Guest one = guest(libvirtd, "place-one", 1);
                Guest two = guest(libvirtd, "place-two", 2);
                Libvirt libvirt = Libvirt.connect(uri).join()) {
            StoragePool pool = libvirt.storage()
                    .createPool("<pool type='dir'><name>places</name><target><path>%s</path></target></pool>"
                            .formatted(volumes))
                    .join();
            for (Guest guest : new Guest[] {one, two}) {
                guest.targets()
                        .forEach(target -> guest.copyDisk(target, folder.resolve(guest.name() + target + ".raw")));
            }
            assertThat(CommandRun.of("-c", uri, "backup", one.name(), two.name(), dir)
                            .exitCode())
                    .isZero();

            one.write("vda", 0, MIB, 0x11);
            CommandRun running =
                    CommandRun.of("-c", uri, "restore", dir, one.name(), "--in-place", "--disk", "vda", "--yes");
            assertThat(running).isEqualTo(new CommandRun(1, "", "error: domain place-one is running: shut it down\n"));
            one.destroy();
            CommandRun placed =
                    CommandRun.of("-c", uri, "restore", dir, one.name(), "--in-place", "--disk", "vda", "--yes");
            assertThat(placed.err()).isEmpty();
            assertThat(placed.exitCode()).isZero();
            assertThat(placed.out()).contains(" to what was there: " + one.image("vda") + "; ");
            tools.compare(folder.resolve("place-onevda.raw"), one.image("vda"), "qcow2");

            JsonNode pooled = new ObjectMapper()
                    .readTree(CommandRun.of(
                                    "-c",
                                    uri,
                                    "restore",
                                    dir,
                                    "--all",
                                    "--pool",
                                    "places",
                                    "--format",
                                    "qcow2",
                                    "--json")
                            .out());
            assertThat(pooled.at("/domains/0/volumes/0").asText()).isEqualTo("place-one-vda.qcow2");
            assertThat(pooled.at("/domains/1/volumes/1").asText()).isEqualTo("place-two-vdb.qcow2");
            for (Guest guest : new Guest[] {one, two}) {
                for (String target : guest.targets()) {
                    Path volume = volumes.resolve(guest.name() + "-" + target + ".qcow2");
                    tools.check(volume);
                    tools.compare(folder.resolve(guest.name() + target + ".raw"), volume, "qcow2");
                }
            }

            Files.write(volumes.resolve("old.raw"), new byte[6 * MIB]);
            pool.refresh().join();
            CommandRun over = CommandRun.of(
                    "-c", uri, "restore", dir, two.name(), "--to-device", "vda=places/old.raw", "--yes", "--json");
            assertThat(new ObjectMapper().readTree(over.out()).at("/volumes/0").asText())
                    .isEqualTo("places/old.raw");

            // The first is off, and is defined again; the second runs, and is not touched.
            CommandRun all =
                    CommandRun.of("-c", uri, "restore", dir, "--all", "--to", out.toString(), "--define", "--replace");
            assertThat(all.exitCode()).isEqualTo(1);
            assertThat(all.out())
                    .contains("defined: domain place-one with UUID ")
                    .contains("failed: place-two: domain place-two is running: shut it down, or choose another name");
            assertThat(out.resolve("place-one/place-one-vda.qcow2")).exists();
            assertThat(out.resolve("place-two")).doesNotExist();
            one.start();
            pool.destroy().join();
        }
    }
}
