// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.BackupResult;
import dev.virtwire.backup.Backups;
import dev.virtwire.backup.NbdListen;
import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.ReconnectPolicy;
import dev.virtwire.client.storage.StoragePool;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.Tools;
import dev.virtwire.repository.manifest.PointFile;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** libvirt is away for longer than a call may take, from some call of a running backup on. */
class AwayIT {
    private static final String BEGIN = "reply 421";
    /** They come when it is time, and not in an order. */
    private static final String STATISTICS = " 298";

    private static final Duration CALL = Duration.ofSeconds(2);
    private static final Duration AWAY = Duration.ofSeconds(6);

    @TempDir
    Path folder;

    private final Random random = Chaos.random("AwayIT");
    private final Tools tools = new Tools();

    /** A way to libvirtd that is shut for a while, once, before a step. */
    private static final class Way implements Closeable {
        private final RpcRelay relay;
        private final @Nullable String last;
        private final List<String> steps = new ArrayList<>();
        private final Map<String, Integer> counts = new LinkedHashMap<>();
        private boolean begun;
        private long shutUntil;
        private boolean wasShut;

        Way(Path socket, PrivateLibvirtd libvirtd, @Nullable String last) throws IOException {
            this.last = last;
            this.relay = new RpcRelay(socket, libvirtd.socket(), this::pass);
        }

        private synchronized void pass(String step) throws IOException {
            if (wasShut) {
                if (System.nanoTime() < shutUntil) {
                    throw new EOFException();
                }
                return;
            }
            if (begun && !step.startsWith("sent") && !step.endsWith(STATISTICS)) {
                String named = step + ", time " + counts.merge(step, 1, Integer::sum);
                steps.add(named);
                if (named.equals(last)) {
                    wasShut = true;
                    shutUntil = System.nanoTime() + AWAY.toNanos();
                    throw new EOFException();
                }
            }
            begun |= step.equals(BEGIN);
        }

        @Override
        public void close() throws IOException {
            relay.close();
        }
    }

    private int away;

    @Test
    void itIsWaitedForFromTheBeginOfTheJobToTheEndOfTheRun() throws Exception {
        try (PrivateLibvirtd libvirtd = PrivateLibvirtd.start();
                Guest guest = Guest.on(libvirtd, "away")
                        .disk(GuestDisk.qcow2(4 << 20).pattern(5))
                        .uefi()
                        .start()) {
            guest.pause();
            List<String> steps = backup(libvirtd, guest, "whole", null);
            int tried = 0;
            for (int step : Chaos.some(steps.size(), 4, random).toArray()) {
                backup(libvirtd, guest, "away-" + tried, steps.get(step));
                tried++;
            }
            // How often the job is looked at differs from run to run.
            assertThat(away).isGreaterThan(tried / 2);
            System.out.printf("libvirt was away before %d of %d steps of a backup.%n", away, steps.size());
        }
    }

    /** Returns the steps after the job had begun. */
    private List<String> backup(PrivateLibvirtd libvirtd, Guest guest, String name, @Nullable String last)
            throws Exception {
        Path truth = folder.resolve("vda.raw");
        guest.copyDisk("vda", truth);
        Path socket = folder.resolve(name + ".sock");
        Repository repository = Repository.openOrCreate(folder.resolve(name));
        try (Way way = new Way(socket, libvirtd, last);
                Libvirt libvirt = Libvirt.connect(
                                "qemu+unix:///system?socket=" + socket,
                                ConnectOptions.builder()
                                        .callTimeout(CALL)
                                        .reconnect(new ReconnectPolicy(
                                                Duration.ofMillis(200), Duration.ofMillis(500), Duration.ofMinutes(2)))
                                        .build())
                        .join()) {
            // Without the export's socket nobody sees that the host's files are here: libvirt reads them.
            BackupResult result = Backups.of(libvirt, repository)
                    .backup(
                            BackupRequest.of(guest.name()).withNbd(new NbdListen("127.0.0.1", 10809, 10872)),
                            ProgressListener.NONE)
                    .result()
                    .join();

            away += way.wasShut ? 1 : 0;
            assertThat(result.warnings()).as(last).isEmpty();
            assertThat(result.left()).as(last).isEmpty();
            assertThat(result.point().manifest().file(PointFile.NVRAM)).as(last).isNotNull();
            tools.compare(truth, result.point().folder().resolve("vda.qcow2"), "qcow2");
            try (Libvirt direct = Libvirt.connect(libvirtd.unixUri()).join()) {
                assertThat(direct.storage().pools().join())
                        .as(last)
                        .extracting(StoragePool::name)
                        .noneMatch(pool -> pool.startsWith("virtwire-"));
                direct.domain(guest.name())
                        .join()
                        .checkpoints()
                        .find(result.point().manifest().checkpoint())
                        .join()
                        .delete()
                        .join();
            }
            return List.copyOf(way.steps);
        }
    }
}
