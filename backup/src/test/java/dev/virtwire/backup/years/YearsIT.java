// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.years;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.Bitmaps;
import dev.virtwire.backup.DomainOutcome;
import dev.virtwire.backup.years.Flips.Flip;
import dev.virtwire.backup.years.Schedule.Event;
import dev.virtwire.client.Libvirt;
import dev.virtwire.image.Compression;
import dev.virtwire.repository.DomainPoints;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Retention;
import dev.virtwire.repository.VerifyReport;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;

/** A backup of a guest each day, for years, with keep rules, while all that can happen happens now and then. */
class YearsIT {
    private static final String NAME = "years";
    private static final int DAYS = Integer.getInteger("years.days", Boolean.getBoolean("years.full") ? 1825 : 45);
    /** A few weeks stand for years: with smaller disks, fewer points, and a clock that leaps at times. */
    private static final boolean SHORT = DAYS < 365;

    private static final int MIB = 1 << 20;
    private static final int SIZE = SHORT ? 128 : 1024;
    private static final Instant FIRST = Instant.parse("2026-01-01T03:00:00Z");
    private static final Retention RETENTION = SHORT
            ? Retention.ofDaily(10).withMonthly(6).withYearly(2)
            : Retention.ofDaily(30).withMonthly(24).withYearly(5);

    /** The repository is synced much; in memory that takes no time, and a power cut is not part of this. */
    private static final class InMemory implements TempDirFactory {
        private static final Path MEMORY = Path.of("/dev/shm");
        private static final long ROOM = 3L << 30;

        @Override
        public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext test) throws IOException {
            boolean room = SHORT
                    && Files.isWritable(MEMORY)
                    && Files.getFileStore(MEMORY).getUsableSpace() > ROOM;
            return room ? Files.createTempDirectory(MEMORY, NAME) : Files.createTempDirectory(NAME);
        }
    }

    @TempDir(factory = InMemory.class)
    Path folder;

    private final long seed = Long.getLong("years.seed", System.nanoTime() & 0xffffff);
    /** One for each purpose: what one of them takes changes nothing of the others. */
    private final Random random = new Random(seed);

    private final Schedule schedule = new Schedule(DAYS, new Random(seed + 3));
    private final FakeClock clock = new FakeClock(FIRST);
    private final Flips flips = new Flips(new Random(seed + 1));
    private final Map<String, Integer> happened = new TreeMap<>();
    private final List<String> fulls = new ArrayList<>();
    private LargeGuest guest;
    private Archive archive;
    private Point newest;
    private int day;
    /** The day on which a verification looks for what was flipped, or that of healing; -1 if there is no such day. */
    private int find = -1;

    private int heal = -1;
    /** Whether damage was found since the newest point was made. */
    private boolean found;

    private boolean resized;

    @Test
    void aRepositoryLivesForYears() throws Exception {
        System.out.printf("YearsIT: -Dyears.seed=%d -Dyears.days=%d%n", seed, DAYS);
        long began = System.nanoTime();
        try (PrivateLibvirtd home = PrivateLibvirtd.start();
                PrivateLibvirtd away = PrivateLibvirtd.start();
                Guest real = Guest.on(home, NAME)
                        .disk(GuestDisk.qcow2((long) SIZE * MIB)
                                .random(0, (long) SIZE / 4 * MIB, 1)
                                .fill((long) SIZE / 2 * MIB, 9 * MIB, 7))
                        .disk(GuestDisk.raw((long) SIZE / 4 * MIB).random(MIB, (long) SIZE / 16 * MIB, 2))
                        .start();
                LargeGuest opened = new LargeGuest(List.of(home, away), real, new Random(seed + 2), folder)) {
            guest = opened;
            archive = new Archive(NAME, folder, RETENTION, clock);
            for (day = 0; day < DAYS; day++) {
                day();
                if (day % 100 == 99) {
                    System.out.printf(
                            "day %d, %d s, %d MiB: %s%n", day, seconds(began), archive.used() / MIB, happened);
                }
            }
            end();
        } catch (Throwable e) {
            throw new AssertionError(
                    "-Dyears.seed=%d, day %d, after %s, flips %s, full copies %s"
                            .formatted(seed, day, happened, flips.all(), fulls),
                    e);
        }
        System.out.printf("YearsIT: %d days in %.1f minutes: %s%n", DAYS, seconds(began) / 60.0, happened);
        fulls.forEach(System.out::println);
    }

    private static long seconds(long began) {
        return Duration.ofNanos(System.nanoTime() - began).toSeconds();
    }

    private void count(String what) {
        happened.merge(what, 1, Integer::sum);
    }

    private boolean happens(Event event) {
        boolean happens = schedule.of(day).contains(event);
        if (happens) {
            count(event.name().toLowerCase().replace('_', ' '));
        }
        return happens;
    }

    private void day() throws Exception {
        // One day after the other; of a few weeks, each tenth is followed by a leap, so that they are months.
        clock.set(FIRST.plus(Duration.ofDays(SHORT ? day + day / 10 * 20L : day)));
        work();
        administrate();
        point();
        corrupt();
        look();
    }

    private void work() throws Exception {
        if (happens(Event.CHANGE_OF_HABITS)) {
            guest.moveHotRanges();
        }
        guest.work((long) (MIB * Math.pow(SHORT ? 12 : 50, random.nextDouble())));
        if (day == 1 || day % 200 == 199) {
            guest.requireTrue();
        }
    }

    private void administrate() throws Exception {
        if (day == DAYS / 2) {
            // The newest point is a good one, or QEMU would refuse it: a bitmap that was lost keeps its disk's size.
            count("resize");
            guest.grow(5 * MIB + 4096);
            resized = true;
        } else if (happens(Event.RESTART)) {
            guest.restart();
        }
        if (happens(Event.MOVE)) {
            guest.move();
        }
        if (happens(Event.QEMU_CRASH)) {
            guest.kill();
        }
    }

    private void point() throws Exception {
        // For three months each.
        Compression compression = day / (SHORT ? 15 : 91) % 2 == 0 ? Compression.NONE : Compression.ZSTD;
        Map<String, Blocks> truth = guest.truth();
        if (happens(Event.CLIENT_CRASH)) {
            String said = archive.backupAndDie(guest.host().unixUri(), compression, random.nextInt(160));
            count(said.contains("dead before") ? "children killed" : "children that were done first");
            archive.learn(truth);
        }
        Disaster disaster = disaster();
        DomainOutcome outcome = archive.backup(guest.host().unixUri(), compression, disaster);
        if (disaster.repair() && outcome.result() == null) {
            count("backups that failed by a crash");
            truth = guest.truth();
            outcome = archive.backup(guest.host().unixUri(), compression, ProgressListener.NONE);
            if (outcome.result() == null && happened.containsKey("libvirtd crash")) {
                // libvirt 9.0 may have lost track of a job in QEMU; nobody's client can help that.
                count("guests restarted after libvirtd died");
                guest.restart();
                outcome = archive.backup(guest.host().unixUri(), compression, ProgressListener.NONE);
            }
        }
        if (outcome.failure() != null) {
            throw outcome.failure();
        }
        count("points");
        archive.learn(truth);
        judge(outcome);
        archive.forgetGone();
    }

    /** Something that dies, once, when a backup has copied something. */
    private final class Disaster implements ProgressListener {
        private final Event event;
        private boolean happened;

        Disaster(Event event) {
            this.event = event;
        }

        @Override
        public void progressed(Progress progress) {
            if (event != null && !happened && progress.phase() == Progress.Phase.COPYING && progress.bytesMoved() > 0) {
                happened = true;
                if (event == Event.LIBVIRTD_CRASH) {
                    guest.host().kill();
                } else {
                    guest.host().killGuest(NAME);
                }
            }
        }

        boolean repair() throws Exception {
            if (happened && event == Event.LIBVIRTD_CRASH) {
                guest.host().restart();
            } else if (happened) {
                guest.startAgain(true);
            }
            return happened;
        }
    }

    private Disaster disaster() {
        if (happens(Event.LIBVIRTD_CRASH)) {
            return new Disaster(Event.LIBVIRTD_CRASH);
        }
        return new Disaster(happens(Event.QEMU_CRASH_IN_BACKUP) ? Event.QEMU_CRASH_IN_BACKUP : null);
    }

    private void judge(DomainOutcome outcome) throws Exception {
        Point point = outcome.result().point();
        newest = point;
        boolean damaged = !flips.all().isEmpty();
        for (ManifestDisk disk : point.manifest().disks()) {
            count(disk.level() + " disks");
            if (disk.level() == Level.FULL) {
                fulls.add("day " + day + ", " + point.id() + ", " + disk.target() + ": " + disk.reason());
                boolean allowed = day == 0
                        || (resized
                                && disk.target().equals("vda")
                                && disk.reason().contains(" bytes now, and had "))
                        || (damaged && disk.reason().startsWith("what it would build on is damaged: "));
                assertThat(allowed)
                        .as("full copy: %s", fulls.get(fulls.size() - 1))
                        .isTrue();
            }
        }
        resized = false;
        if (!damaged) {
            assertThat(outcome.pruned().damage()).isEmpty();
        }
        count("merges", outcome.pruned().merges().size());
        count("points removed or merged", outcome.pruned().removed().size());
        requireKept(outcome);
        if (found) {
            found = false;
            assertThat(archive.points().known(point.id()))
                    .as("newest after a find")
                    .isNull();
            archive.requireAsRecorded(point.id(), Set.of());
            count("newest points proven after a find");
        }
    }

    private void count(String what, int times) {
        happened.merge(what, times, Integer::sum);
    }

    /** By rules that are written once more here. What is damaged may stay as well. */
    private void requireKept(DomainOutcome outcome) {
        DomainPoints points = archive.points();
        List<String> before = new ArrayList<>();
        outcome.pruned().points().forEach(verdict -> before.add(verdict.point()));
        // A digest file that is damaged takes nothing from a disk, but keeps its point from being merged.
        boolean damaged = !points.known().isEmpty()
                || flips.isManifestDamaged()
                || !outcome.pruned().damage().isEmpty();
        Set<String> kept = new HashSet<>();
        points.points().forEach(point -> kept.add(point.id()));
        Set<String> expected = new HashSet<>();
        keep(before, RETENTION.daily(), time -> time.toLocalDate(), expected);
        keep(before, RETENTION.monthly(), time -> time.getYear() * 12 + time.getMonthValue(), expected);
        keep(before, RETENTION.yearly(), ZonedDateTime::getYear, expected);
        if (!damaged) {
            assertThat(kept).isEqualTo(expected);
        } else if (!flips.isManifestDamaged()) {
            assertThat(kept).as("kept, damaged or not").containsAll(expected);
        }
    }

    private static void keep(
            List<String> points, int periods, Function<ZonedDateTime, Object> period, Set<String> expected) {
        Set<Object> seen = new HashSet<>();
        for (int i = points.size() - 1; i >= 0; i--) {
            String id = points.get(i);
            String time = "%s-%s-%sT%s:%s:%sZ"
                    .formatted(
                            id.substring(0, 4),
                            id.substring(4, 6),
                            id.substring(6, 8),
                            id.substring(9, 11),
                            id.substring(11, 13),
                            id.substring(13, 15));
            if (seen.size() < periods
                    && seen.add(period.apply(Instant.parse(time).atZone(ZoneOffset.UTC)))) {
                expected.add(id);
            }
        }
    }

    private void corrupt() throws Exception {
        if (find >= 0) {
            return;
        }
        flip(Event.FLIP_IN_IMAGE, Flips.Kind.IMAGE);
        flip(Event.FLIP_IN_DIGESTS, Flips.Kind.DIGESTS);
        if (heal < 0) {
            flip(Event.FLIP_IN_MANIFEST, Flips.Kind.MANIFEST);
        }
    }

    private void flip(Event event, Flips.Kind kind) throws Exception {
        if (!happens(event)) {
            return;
        }
        List<Point> points = archive.points().points();
        Point point = points.get(random.nextInt(points.size()));
        Flip flip = flips.flip(day, archive.folder(point.id()), kind);
        // Some are found at once, others when more has been built on them.
        int wait = random.nextInt(3);
        find = Math.max(find, day + (kind == Flips.Kind.MANIFEST ? 0 : wait));
        if (kind == Flips.Kind.MANIFEST) {
            heal = day + 1 + random.nextInt(4);
        }
        System.out.println(flip + ", found after " + (find - day) + " days");
    }

    private void look() throws Exception {
        if (day == heal) {
            heal = -1;
            count("healed manifests", flips.heal());
            verify();
        }
        if (day == find) {
            find = -1;
            List<Flip> today =
                    flips.all().stream().filter(flip -> flip.day() == day).toList();
            VerifyReport report = verify();
            assertThat(report.damage())
                    .extracting(Finding::file)
                    .containsAll(today.stream().map(Flip::file).toList());
            found = true;
            // Nobody can say what is lost while a manifest cannot be read.
            if (!flips.isManifestDamaged()) {
                List<String> damaged = new ArrayList<>(archive.points().known().stream()
                        .map(known -> known.point())
                        .toList());
                for (int i = 0; i < 2 && !damaged.isEmpty(); i++) {
                    requireAsRecorded(damaged.remove(random.nextInt(damaged.size())));
                }
                restoreAny();
            }
        } else if (happens(Event.VERIFY) && find < 0) {
            VerifyReport report = verify();
            if (flips.all().isEmpty()) {
                assertThat(report.damage()).isEmpty();
                assertThat(report.notices()).isEmpty();
            }
        }
        if (happens(Event.RESTORE) && find < 0 && !flips.isManifestDamaged()) {
            restoreAny();
        }
        if (day % 20 == 19) {
            requireBitmaps();
        }
    }

    private VerifyReport verify() {
        count("verifications");
        return archive.verify();
    }

    private void restoreAny() throws Exception {
        List<Point> points = archive.points().points();
        requireAsRecorded(points.get(random.nextInt(points.size())).id());
    }

    private void requireAsRecorded(String id) throws Exception {
        archive.requireAsRecorded(id, flips.unproven());
        count("points restored");
    }

    private void requireBitmaps() {
        String checkpoint = newest.manifest().checkpoint();
        try (Libvirt libvirt = Libvirt.connect(guest.host().unixUri()).join()) {
            assertThat(new Bitmaps(guest.host()).of(libvirt.domain(NAME).join()))
                    .isEqualTo(Map.of("vda", Set.of(checkpoint), "vdb", Set.of()));
        }
    }

    private void end() throws Exception {
        guest.requireTrue();
        requireBitmaps();
        flips.heal();
        verify();
        int lost = 0;
        List<Point> points = archive.points().points();
        for (Point point : points) {
            requireAsRecorded(point.id());
            for (BitSet blocks : archive.known(point.id()).values()) {
                lost += blocks.cardinality();
            }
        }
        assertThat(archive.points().known(newest.id())).isNull();
        count("points kept", points.size());
        count("points kept that are damaged", archive.points().known().size());
        count("blocks recorded as lost", lost);
        long used = archive.used();
        long again = archive.usedByQemu();
        System.out.printf(
                "%d points take %d MiB, and %d MiB if qemu-img writes them again: %.3f times as much.%n",
                points.size(), used / MIB, again / MIB, (double) used / again);
        assertThat(used).as("bytes of the repository").isLessThan(again * 11 / 10);
    }
}
