// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.backup.internal.job.BackupRun;
import dev.virtwire.client.Libvirt;
import dev.virtwire.nbd.NbdAddress;
import dev.virtwire.nbd.NbdOptions;
import dev.virtwire.nbd.NbdTransport;
import dev.virtwire.protocol.remote.JobProcedures;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Tools;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.copy.CopyBudget;
import dev.virtwire.repository.internal.copy.DiskCopy;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.testkit.FaultyProxy;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Data connections that stall or drop while the job runs: the copy continues, and copies nothing twice. */
@ExtendWith(LibvirtdExtension.class)
class StormIT {
    private static final long DATA = 24 * MIB;
    /** What a copy reads ahead at most: so many blocks of 1 MiB are lost if it is cut. */
    private static final long AHEAD = DiskCopy.Buffers.DEFAULT * MIB;
    /** Of so much data, a cut at {@link #CUT} leaves 8 MiB or more copied. */
    private static final long LARGE = AHEAD + 16 * MIB;

    private static final long CUT = AHEAD + 8 * MIB;

    @TempDir
    Path folder;

    private final Tools tools = new Tools();

    private BackupResult backup(Libvirtd libvirtd, NbdOptions nbd) throws Exception {
        try (Guest guest = Guest.on(libvirtd, "storm")
                        .disk(GuestDisk.qcow2(64 * MIB).random(8 * MIB, DATA, 1))
                        .start();
                Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
            Path truth = folder.resolve("vda.raw");
            guest.copyDisk("vda", truth);
            Scene scene = new Scene(libvirtd, folder);
            RepositoryStore store = RepositoryStore.openOrCreate(scene.backups(), DurableFiles.PLAIN);

            BackupResult result = new BackupRun(
                            libvirt, store, BackupRequest.of("storm"), ProgressListener.NONE, CopyBudget.ofOne(), nbd)
                    .run();

            scene.requireClean("storm", result.point().manifest().checkpoint());
            Path image = result.point().folder().resolve("vda.qcow2");
            tools.check(image);
            tools.compare(truth, image, "qcow2");
            return result;
        }
    }

    @Test
    void connectionsThatDropAgainAndAgainAreOpenedAgain(Libvirtd libvirtd) throws Exception {
        Weather weather = new Weather(5 * MIB, 0);

        BackupResult result = backup(libvirtd, NbdOptions.DEFAULT.withTransport(weather));

        assertThat(weather.broken.get()).isGreaterThan(2);
        assertThat(result.bytesRead()).isBetween(DATA, DATA + 2 * MIB);
    }

    @Test
    void aHostThatIsSilentForLongerThanARequestMayTakeIsAskedAgain(Libvirtd libvirtd) throws Exception {
        Weather weather = new Weather(3 * MIB, 4000);

        BackupResult result = backup(
                libvirtd,
                NbdOptions.DEFAULT.withRequestTimeout(Duration.ofSeconds(1)).withTransport(weather));

        assertThat(weather.broken).hasPositiveValue();
        assertThat(result.bytesRead()).isBetween(DATA, DATA + 2 * MIB);
    }

    @Test
    void whatWasCopiedBeforeAStormThatOutlastsThePatienceIsKeptForWhoResumes(Libvirtd libvirtd) throws Exception {
        try (Guest guest = Guest.on(libvirtd, "storm")
                        .disk(GuestDisk.qcow2(64 * MIB).random(8 * MIB, LARGE, 1))
                        .start();
                Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
            Path truth = folder.resolve("vda.raw");
            guest.copyDisk("vda", truth);
            Scene scene = new Scene(libvirtd, folder);
            RepositoryStore store = RepositoryStore.openOrCreate(scene.backups(), DurableFiles.PLAIN);
            BackupRequest request = BackupRequest.of("storm").withStallTimeout(Duration.ofSeconds(2));
            NbdOptions broken = NbdOptions.DEFAULT.withTransport(new CuttingTransport(CUT));

            assertThatThrownBy(() -> run(libvirt, store, request.resuming(), broken))
                    .isInstanceOf(BackupException.class)
                    .hasMessageStartingWith("the backup of domain storm failed: the disk could not be read: ")
                    .hasMessageContaining(". Left behind: what point ")
                    .hasMessageContaining(
                            ": its job, whose scratch files grow unwatched, and what was copied. It stands in")
                    .hasMessageEndingWith("Or 'virtwire backup --resume' finishes it, if its job still runs then");
            guest.write("vda", 8 * MIB, LARGE, 0x17);
            BackupResult result = run(libvirt, store, request.resuming(), NbdOptions.DEFAULT);

            assertThat(result.notices()).singleElement().asString().startsWith("resumed point ");
            assertThat(result.bytesRead()).isLessThanOrEqualTo(LARGE - (CUT - AHEAD));
            scene.requireClean("storm", result.point().manifest().checkpoint());
            tools.compare(truth, result.point().folder().resolve("vda.qcow2"), "qcow2");

            // Nobody resumes it: scratch files would grow in vain.
            assertThatThrownBy(() ->
                            run(libvirt, store, request, NbdOptions.DEFAULT.withTransport(new CuttingTransport(CUT))))
                    .isInstanceOf(BackupException.class)
                    .hasMessageNotContaining("Left behind");
            scene.requireClean("storm", result.point().manifest().checkpoint());
        }
    }

    /** The connection is lost when the domain was found, at the question for its job. */
    @Test
    void whatWasCopiedIsKeptIfTheHostIsLostInTheMiddleOfTheCleanUp(Libvirtd libvirtd) throws Exception {
        Path way = folder.resolve("cut.sock");
        AtomicBoolean cleaning = new AtomicBoolean();
        AtomicBoolean cut = new AtomicBoolean();
        try (Guest guest = Guest.on(libvirtd, "lost")
                        .disk(GuestDisk.qcow2(64 * MIB).random(8 * MIB, LARGE, 1))
                        .start();
                FaultyProxy proxy = FaultyProxy.onUnix(way, UnixDomainSocketAddress.of(libvirtd.socket()));
                Libvirt lost =
                        Libvirt.connect("qemu+unix:///system?socket=" + way).join();
                Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
            proxy.toServer().watch(piece -> {
                boolean asked = ByteBuffer.wrap(piece).getInt(12) == JobProcedures.DOMAIN_BACKUP_GET_XML_DESC.number();
                if (cleaning.get() && asked && cut.compareAndSet(false, true)) {
                    proxy.cut();
                }
            });
            Path truth = folder.resolve("vda.raw");
            guest.copyDisk("vda", truth);
            Scene scene = new Scene(libvirtd, folder);
            RepositoryStore store = RepositoryStore.openOrCreate(scene.backups(), DurableFiles.PLAIN);
            BackupRequest request = BackupRequest.of("lost").withStallTimeout(Duration.ofSeconds(2));
            ProgressListener listener =
                    progress -> cleaning.compareAndSet(false, progress.phase() == Progress.Phase.CLEANING_UP);
            NbdOptions broken = NbdOptions.DEFAULT.withTransport(new CuttingTransport(CUT));

            assertThatThrownBy(() -> new BackupRun(lost, store, request, listener, CopyBudget.ofOne(), broken).run())
                    .hasMessageContaining(". Left behind: perhaps, on host ")
                    .hasMessageEndingWith("Or 'virtwire backup --resume' finishes it, if its job still runs then");
            assertThat(cut).isTrue();
            guest.write("vda", 8 * MIB, LARGE, 0x17);

            BackupResult result = run(libvirt, store, request.resuming(), NbdOptions.DEFAULT);
            assertThat(result.notices()).singleElement().asString().startsWith("resumed point ");
            scene.requireClean("lost", result.point().manifest().checkpoint());
            tools.compare(truth, result.point().folder().resolve("vda.qcow2"), "qcow2");
        }
    }

    @Test
    void whoResumesAndGetsNoByteLeavesNoJobThatNobodyWatches(Libvirtd libvirtd) throws Exception {
        try (Guest guest = Guest.on(libvirtd, "silence")
                        .disk(GuestDisk.qcow2(64 * MIB).random(8 * MIB, LARGE, 1))
                        .start();
                Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
            Scene scene = new Scene(libvirtd, folder);
            RepositoryStore store = RepositoryStore.openOrCreate(scene.backups(), DurableFiles.PLAIN);
            BackupRequest request = BackupRequest.of(guest.name())
                    .withStallTimeout(Duration.ofSeconds(2))
                    .resuming();
            assertThatThrownBy(() ->
                            run(libvirt, store, request, NbdOptions.DEFAULT.withTransport(new CuttingTransport(CUT))))
                    .isInstanceOf(BackupException.class)
                    .hasMessageContaining(". Left behind: what point ");

            assertThatThrownBy(() ->
                            run(libvirt, store, request, NbdOptions.DEFAULT.withTransport(new CuttingTransport(0))))
                    .isInstanceOf(BackupException.class)
                    .hasMessageStartingWith("the backup of domain silence failed: the disk could not be read: ")
                    .hasMessageNotContaining("Left behind");
            scene.requireClean("silence");
        }
    }

    private static BackupResult run(Libvirt libvirt, RepositoryStore store, BackupRequest request, NbdOptions nbd) {
        return new BackupRun(libvirt, store, request, ProgressListener.NONE, CopyBudget.ofOne(), nbd).run();
    }

    /**
     * Each connection carries so many bytes, and then breaks; or the first one that has stops all of them for a while.
     */
    private static final class Weather implements NbdTransport {
        private final NbdTransport real = NbdOptions.DEFAULT.transport();
        private final long bytes;
        private final long stallMillis;
        private final AtomicInteger broken = new AtomicInteger();
        private final AtomicBoolean stalled = new AtomicBoolean();
        private volatile long stallEnd = System.nanoTime();

        Weather(long bytes, long stallMillis) {
            this.bytes = bytes;
            this.stallMillis = stallMillis;
        }

        @Override
        public ByteChannel open(NbdAddress address, Duration timeout) throws IOException {
            ByteChannel channel = real.open(address, timeout);
            return new ChannelOver(channel) {
                private long left = bytes;

                @Override
                public int read(ByteBuffer target) throws IOException {
                    if (left <= 0 && stallMillis == 0) {
                        broken.incrementAndGet();
                        throw new IOException("Connection reset by peer");
                    }
                    if (left <= 0 && stalled.compareAndSet(false, true)) {
                        broken.incrementAndGet();
                        stallEnd = System.nanoTime() + stallMillis * 1_000_000;
                    }
                    while (System.nanoTime() - stallEnd < 0 && channel.isOpen()) {
                        pause();
                    }
                    int read = super.read(target);
                    left -= read;
                    return read;
                }
            };
        }

        private static void pause() throws IOException {
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        }
    }
}
