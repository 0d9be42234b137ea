// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.BackupResult;
import dev.virtwire.backup.BatchRequest;
import dev.virtwire.backup.BatchResult;
import dev.virtwire.backup.Bitmaps;
import dev.virtwire.backup.DisturbedBatch;
import dev.virtwire.backup.DomainOutcome;
import dev.virtwire.backup.internal.source.NbdDisk;
import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.ReconnectPolicy;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.nbd.NbdOptions;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.VerifyReport;
import dev.virtwire.repository.VerifyRequest;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.copy.DiskCopy;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.journal.JournalEntry;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run over all guests of a host, as {@code backup --all --resume --wait} makes it each night, in a night when all
 * storms come at once. Each guest ends with a point or with one line that names what was wrong, and nothing is left
 * that nobody knows. The nights after it have no more than what is due to them.
 */
class NightOfStormsIT {
    private static final long MIB = 1 << 20;
    private static final long DATA = 24 * MIB;
    private static final long DISK = 64 * MIB;

    /** Where storms meet a copy: something is copied by then, and something is not. */
    private static final long MID = 12 * MIB;

    /** Messages around the data, and the block that proves an increment's bitmap. */
    private static final long AROUND = 2 * MIB;

    private static final String CALM = "calm";
    private static final String STALLED = "stalled";
    private static final String DROPPED = "dropped";
    private static final String LASTING = "lasting";
    private static final String BUSY = "busy";
    private static final String COPIED = "copied";
    private static final String CRAMPED = "cramped";
    private static final String ROOMLESS = "roomless";
    private static final List<String> ALL = List.of(BUSY, CALM, COPIED, CRAMPED, DROPPED, LASTING, ROOMLESS, STALLED);

    /** What each of so many copies reads ahead at most: it may be read again after a cut. */
    private static final long AHEAD = Math.max(4, DiskCopy.Buffers.DEFAULT / ALL.size()) * MIB;

    /** For how long another job holds a domain, a connection is silent, and a storm is borne with. */
    private static final Duration HELD = Chaos.isFull() ? Duration.ofMinutes(10) : Duration.ZERO;

    private static final Duration SILENT = Chaos.isFull() ? Duration.ofSeconds(90) : Duration.ZERO;
    private static final Duration REQUEST =
            Chaos.isFull() ? NbdOptions.DEFAULT.requestTimeout() : Duration.ofSeconds(1);
    private static final Duration PATIENCE = Chaos.isFull() ? BackupRequest.STALL_TIMEOUT : Duration.ofSeconds(2);

    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration LONGEST = HELD.plusMinutes(10);
    /** The connections of a copy, and the one that asks for the disk's size. */
    private static final int OPENED = NbdDisk.CONNECTIONS + 1;

    @TempDir
    Path folder;

    private final Map<String, Guest> guests = new LinkedHashMap<>();
    /** What each guest holds, by point. */
    private final Map<String, Map<String, Path>> truths = new LinkedHashMap<>();
    /** What each guest's data connections have carried for the point that is not made yet. */
    private final Map<String, Carried> carried = new LinkedHashMap<>();

    private Path scratch;
    private Path backups;
    private HostClock clock;
    private PrivateLibvirtd libvirtd;
    private Libvirt libvirt;
    private RepositoryStore store;

    private record Carried(long bytes, int cuts) {
        Carried plus(Carried other) {
            return new Carried(bytes + other.bytes, cuts + other.cuts);
        }
    }

    /** Hears what a guest waits for. */
    private static final class Ear implements ProgressListener {
        private final CompletableFuture<String> waits = new CompletableFuture<>();

        @Override
        public void progressed(Progress progress) {}

        @Override
        public void waiting(String reason) {
            waits.complete(reason);
        }
    }

    @BeforeEach
    void prepare() throws Exception {
        // File systems of their own, small ones, which libvirtd gets to see as well.
        scratch = mount(folder.resolve("scratch"), DATA + 2 * MIB);
        backups = Files.createDirectory(folder.resolve("backups"));
        clock = new HostClock(folder.resolve("clock"));
        libvirtd = clock.start();
        store = RepositoryStore.openOrCreate(backups, DurableFiles.PLAIN).by(clock);
        mount(backups.resolve(ROOMLESS), 3 * DATA);
        for (String name : ALL) {
            GuestDisk disk = GuestDisk.qcow2(DISK).random(8 * MIB, DATA, name.hashCode());
            guests.put(
                    name,
                    Guest.on(libvirtd, name)
                            .disk(name.equals(CRAMPED) ? cramped() : disk)
                            .start());
            truths.put(name, new LinkedHashMap<>());
        }
        libvirt = Libvirt.connect(
                        libvirtd.unixUri(),
                        ConnectOptions.builder()
                                .reconnect(ReconnectPolicy.usual().giveUpAfter(BackupRequest.STALL_TIMEOUT))
                                .build())
                .join();
    }

    @AfterEach
    void end() throws Exception {
        libvirt.close();
        guests.values().forEach(Guest::close);
        libvirtd.close();
        Programs.run(List.of("umount", scratch.toString()));
        Programs.run(List.of("umount", backups.resolve(ROOMLESS).toString()));
    }

    private static Path mount(Path place, long size) throws Exception {
        Files.createDirectory(place);
        Programs.run(List.of("mount", "-t", "tmpfs", "-o", "size=" + size, "night", place.toString()));
        return place;
    }

    /** On a file system that has no room for scratch files beside it. */
    private GuestDisk cramped() throws Exception {
        Path raw = folder.resolve("cramped.raw");
        byte[] data = new byte[(int) DATA];
        new Random(7).nextBytes(data);
        Files.write(raw, data);
        Path image = scratch.resolve("cramped.qcow2");
        Programs.run(List.of("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw.toString(), image.toString()));
        return GuestDisk.existing(image, "qcow2");
    }

    private static BackupRequest request(String name) {
        return BackupRequest.of(name)
                .evenWithoutDisks()
                .resuming()
                .waitingFor(Duration.ofMinutes(30))
                .withStallTimeout(name.equals(LASTING) ? PATIENCE : BackupRequest.STALL_TIMEOUT);
    }

    /** A run over all guests, each of which says how it ended and what it read. */
    private Map<String, DomainOutcome> night(
            String title, Map<String, StormyTransport> connections, Map<String, Ear> ears) {
        BatchRequest all = BatchRequest.of(
                        ALL.stream().map(NightOfStormsIT::request).toList())
                .withJobs(ALL.size());
        BatchResult result = DisturbedBatch.run(
                libvirt,
                store,
                all,
                ears::get,
                name -> NbdOptions.DEFAULT
                        .withTransport(connections.get(name))
                        .withRequestTimeout(name.equals(STALLED) ? REQUEST : NbdOptions.DEFAULT.requestTimeout()));
        System.out.println(title + ":");
        Map<String, DomainOutcome> outcomes = new LinkedHashMap<>();
        for (DomainOutcome outcome : result.domains()) {
            String name = outcome.domain();
            StormyTransport connection = connections.get(name);
            // Whoever is not answered in time is cut off as well.
            int cuts = name.equals(STALLED) ? connection.opened() - OPENED : connection.cuts();
            System.out.printf(
                    "  %s: %s; %d MiB came, %d cuts%n",
                    name,
                    outcome.result() == null
                            ? "failed: " + outcome.failure().getMessage()
                            : outcome.result().point().id() + " "
                                    + outcome.result().notices()
                                    + outcome.result().left(),
                    connection.bytes() / MIB,
                    cuts);
            carried.merge(name, new Carried(connection.bytes(), cuts), Carried::plus);
            outcomes.put(name, outcome);
        }
        return outcomes;
    }

    private static Map<String, StormyTransport> calm() {
        Map<String, StormyTransport> connections = new LinkedHashMap<>();
        ALL.forEach(name -> connections.put(name, StormyTransport.calm()));
        return connections;
    }

    private static Map<String, Ear> ears() {
        Map<String, Ear> ears = new LinkedHashMap<>();
        ALL.forEach(name -> ears.put(name, new Ear()));
        return ears;
    }

    private Map<String, Path> truth(String night) {
        Map<String, Path> truth = new LinkedHashMap<>();
        guests.forEach((name, guest) -> {
            Path file = folder.resolve(night + "-" + name + ".raw");
            guest.copyDisk("vda", file);
            truth.put(name, file);
        });
        return truth;
    }

    @Test
    void eachGuestEndsWithAPointOrAnHonestLine() throws Exception {
        Map<String, Path> first = truth("first");
        Map<String, DomainOutcome> stormy = storms();
        for (String name : List.of(BUSY, CALM, COPIED, DROPPED, STALLED)) {
            requirePoint(stormy.get(name), DATA, first);
        }
        requireLine(stormy.get(CRAMPED), "No space left on device");
        requireLine(stormy.get(ROOMLESS), "the file system is full");
        requireLine(stormy.get(LASTING), "nothing has come for ");
        assertThat(stormy.get(LASTING).failure()).hasMessageContaining(". Left behind: what point ");
        requireKnown(stormy);

        resize(scratch, Long.MAX_VALUE);
        resize(backups.resolve(ROOMLESS), Long.MAX_VALUE);
        guests.values().forEach(guest -> guest.write("vda", 2 * MIB, MIB, 0x31));
        Map<String, Path> second = truth("second");
        second.put(LASTING, first.get(LASTING));
        Map<String, StormyTransport> connections = calm();
        connections.get(DROPPED).dropping(3 * MIB);
        Map<String, DomainOutcome> next = night("The night after it", connections, ears());
        next.forEach((name, outcome) -> requirePoint(outcome, name.equals(LASTING) ? DATA : DATA + MIB, second));
        assertThat(next.get(LASTING).result().notices())
                .singleElement()
                .asString()
                .startsWith("resumed point ");
        requireKnown(next);

        clock.step(Duration.ZERO);
        guests.values().forEach(guest -> guest.write("vda", 4 * MIB, MIB, 0x32));
        Map<String, Path> third = truth("third");
        Map<String, DomainOutcome> last = night("A calm night", calm(), ears());
        last.forEach((name, outcome) -> {
            // The point that was resumed is as of the first night.
            requirePoint(outcome, name.equals(LASTING) ? DATA + 2 * MIB : MIB, third);
            assertThat(outcome.result().point().manifest().level()).isEqualTo(Level.INCREMENTAL);
        });
        requireKnown(last);
        requireTruth();
    }

    /** The first night. */
    private Map<String, DomainOutcome> storms() throws Exception {
        Map<String, StormyTransport> connections = calm();
        List<String> inMidCopy = List.of(CALM, DROPPED, LASTING, ROOMLESS, STALLED);
        inMidCopy.forEach(name -> connections.put(name, StormyTransport.pausing(MID)));
        connections.put(STALLED, StormyTransport.stalling(MID, SILENT));
        connections.get(DROPPED).dropping(3 * MIB);
        connections.get(LASTING).ending();
        Map<String, Ear> ears = ears();
        resize(scratch, used(scratch));
        otherJobs();
        long held = System.nanoTime();

        CompletableFuture<Map<String, DomainOutcome>> run =
                CompletableFuture.supplyAsync(() -> night("The night of storms", connections, ears));
        for (String name : inMidCopy) {
            await(connections.get(name).reached(), run);
        }
        assertThat(await(ears.get(BUSY).waits, run)).contains("another job is active on domain busy (backup, for ");
        assertThat(await(ears.get(COPIED).waits, run)).contains("of domain copied");
        clock.step(HOUR);
        inMidCopy.forEach(name -> guests.get(name).write("vda", 8 * MIB, DATA, 0x77));
        libvirtd.restart();
        clock.step(HOUR.negated());
        libvirtd.kill();
        libvirtd.restart();
        resize(backups.resolve(ROOMLESS), used(backups.resolve(ROOMLESS)) + AHEAD);
        connections.values().forEach(StormyTransport::release);
        await(connections.get(STALLED).released(), run);
        libvirtd.restart();
        long left = HELD.toNanos() - (System.nanoTime() - held);
        CompletableFuture.runAsync(() -> {}, CompletableFuture.delayedExecutor(left, TimeUnit.NANOSECONDS))
                .join();
        virsh("domjobabort", BUSY);
        virsh("blockjob", COPIED, "vda", "--abort");
        return run.get(LONGEST.toSeconds(), TimeUnit.SECONDS);
    }

    /** Jobs of others, which last until they are ended. */
    private void otherJobs() throws Exception {
        Path disks = libvirtd.directory().resolve("disks");
        Path xml = disks.resolve("other-job.xml");
        Files.writeString(xml, """
                <domainbackup mode='pull'>
                  <server transport='unix' socket='%s'/>
                  <disks><disk name='vda' type='file'><scratch file='%s'/></disk></disks>
                </domainbackup>
                """.formatted(disks.resolve("other-job.sock"), disks.resolve("other-job.scratch")));
        virsh("backup-begin", BUSY, xml.toString());
        // At its end a copy mirrors what the guest writes.
        virsh("blockcopy", COPIED, "vda", disks.resolve("copy.qcow2").toString(), "--transient-job");
    }

    private void virsh(String... arguments) throws Exception {
        Programs.run(Stream.concat(Stream.of("virsh", "-q", "-c", libvirtd.unixUri()), Stream.of(arguments))
                .toList());
    }

    /** Waits for what happens in a run, and says how the run ended if it ends before that. */
    private static <T> T await(CompletableFuture<T> event, CompletableFuture<Map<String, DomainOutcome>> run)
            throws Exception {
        CompletableFuture.anyOf(event, run).get(LONGEST.toSeconds(), TimeUnit.SECONDS);
        assertThat(event).as("before the run's end").isDone();
        return event.join();
    }

    private static long used(Path mount) throws IOException {
        FileStore file = Files.getFileStore(mount);
        return file.getTotalSpace() - file.getUnallocatedSpace();
    }

    private static void resize(Path mount, long size) throws Exception {
        Programs.run(List.of("mount", "-o", "remount,size=" + Math.min(size, 512 * MIB), mount.toString()));
    }

    private void requirePoint(DomainOutcome outcome, long data, Map<String, Path> truth) {
        String name = outcome.domain();
        assertThat(outcome.failure()).as(name).isNull();
        Carried all = carried.remove(name);
        assertThat(all.bytes).as("bytes for %s", name).isLessThanOrEqualTo(data + all.cuts * AHEAD + AROUND);
        assertThat(outcome.result().bytesRead()).as("read of %s", name).isLessThanOrEqualTo(data);
        truths.get(name).put(outcome.result().point().id(), truth.get(name));
    }

    private void requireLine(DomainOutcome outcome, String cause) {
        String name = outcome.domain();
        assertThat(outcome.result()).as(name).isNull();
        assertThat(outcome.failure())
                .isInstanceOf(BackupException.class)
                .hasMessageStartingWith("the backup of domain " + name + " failed: ")
                .hasMessageContaining(cause)
                .hasMessageNotContaining("\n");
        assertThat(carried.get(name).bytes).as("bytes for %s", name).isLessThanOrEqualTo(DATA + AROUND);
        if (!saysWhatIsLeft(outcome)) {
            carried.remove(name);
        }
    }

    private static boolean saysWhatIsLeft(DomainOutcome outcome) {
        BackupResult result = outcome.result();
        return result == null
                ? outcome.failure().getMessage().contains("Left behind")
                : !result.left().isEmpty();
    }

    /** Each trace on the host is that of the newest point, or stands in the journal, and the outcome says so. */
    private void requireKnown(Map<String, DomainOutcome> outcomes) throws Exception {
        Set<String> files = new TreeSet<>();
        Bitmaps bitmaps = new Bitmaps(libvirtd);
        for (String name : ALL) {
            Domain domain = libvirt.domain(name).join();
            List<JournalEntry> entries = store.domain(name).journal().entries();
            Set<String> known = new TreeSet<>();
            List<Point> points = store.points(name).points();
            if (!points.isEmpty()) {
                known.add(points.get(points.size() - 1).manifest().checkpoint());
            }
            Set<String> found = new TreeSet<>();
            domain.checkpoints().list().join().forEach(checkpoint -> found.add(checkpoint.name()));
            if (entries.isEmpty()) {
                assertThat(domain.jobStatistics().join().isRunning())
                        .as("a job of %s", name)
                        .isFalse();
                assertThat(found).as("checkpoints of %s", name).isEqualTo(known);
            } else {
                assertThat(saysWhatIsLeft(outcomes.get(name)))
                        .as("what is left of %s is said", name)
                        .isTrue();
                for (JournalEntry entry : entries) {
                    known.add(entry.checkpoint());
                    files.addAll(entry.scratch());
                    files.add(entry.socket());
                }
                assertThat(known).as("checkpoints of %s", name).containsAll(found);
            }
            assertThat(bitmaps.of(domain).get("vda"))
                    .as("bitmaps of %s", name)
                    .allMatch(bitmap -> found.contains(bitmap) || !entries.isEmpty());
        }
        assertThat(files).containsAll(traces());
        VerifyReport report =
                store.verify(VerifyRequest.everything(), ProgressListener.NONE).join();
        assertThat(report.damage()).isEmpty();
    }

    /** Scratch files and sockets of ours. */
    private List<String> traces() throws IOException {
        List<String> traces = new ArrayList<>();
        for (Path place : List.of(libvirtd.directory().resolve("disks"), scratch, Path.of("/var/tmp"))) {
            try (Stream<Path> list = Files.list(place)) {
                list.map(Path::toString)
                        .filter(path -> path.contains("virtwire-" + store.id()))
                        .forEach(traces::add);
            }
        }
        return traces;
    }

    /** Each point holds what the guest held at its begin, and they are in the order in which they were made. */
    private void requireTruth() throws Exception {
        for (String name : ALL) {
            List<Point> points = store.points(name).points();
            assertThat(points)
                    .extracting(Point::id)
                    .containsExactlyElementsOf(truths.get(name).keySet());
            for (Point point : points) {
                new Truth(Map.of("vda", truths.get(name).get(point.id())))
                        .requireQcow2("vda", point.folder().resolve("vda.qcow2"));
            }
        }
    }
}
