// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.BackupRequest;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RestoreRequest;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * The program is killed, as {@code kill -9} does, before one of the steps that it takes: each write, sync, rename and
 * deletion of a file, and each call, before it is sent, after that, and when its reply has come. Afterwards what it
 * left is cleared, the next backup is made, and nothing that said done is lost. Or its machine loses power there: then
 * all is gone too that no sync had made durable.
 */
@ExtendWith(LibvirtdExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class KillSuite {
    private static final Map<Action, Integer> KILLS = Map.of(
            Action.FIRST_BACKUP, 2,
            Action.INCREMENT, 3,
            Action.RECOVER, 2,
            Action.RESUME, 2,
            Action.RESTORE, 2,
            Action.PRUNE, 1,
            Action.CONSOLIDATE, 2);

    private static final Map<Action, Integer> CUTS = Map.of(
            Action.FIRST_BACKUP, 1,
            Action.INCREMENT, 1,
            Action.RECOVER, 1,
            Action.RESUME, 1,
            Action.RESTORE, 1,
            Action.PRUNE, 1,
            Action.CONSOLIDATE, 1);

    private static final int RUNS_PER_REPOSITORY = 6;

    @TempDir
    static Path folder;

    private final Random random = Chaos.random(getClass().getSimpleName());
    private final Map<Action, List<String>> steps = new EnumMap<>(Action.class);
    private final List<String> runs = new ArrayList<>();
    private Guest guest;
    private World world;
    private int inMidBackup;
    private boolean clean = true;

    @BeforeAll
    void prepare(Libvirtd libvirtd) throws Exception {
        guest = Guest.on(libvirtd, "killed-at-each-step")
                .disk(GuestDisk.qcow2(3 << 20).pattern(5))
                .disk(GuestDisk.qcow2((1 << 20) + 512).pattern(6))
                .start();
        world = new World(libvirtd, new ModelGuest(libvirtd, guest, random, folder), folder);
    }

    @AfterAll
    void tell() throws IOException {
        guest.close();
        World.deleteTree(ChildRun.aside(world));
        System.out.printf(
                "Killed or without power %d times: %s; each time nothing was lost and nothing was left behind.%n",
                runs.size(),
                steps.entrySet().stream()
                        .map(entry -> runs.stream()
                                        .filter(run ->
                                                run.startsWith(entry.getKey().name()))
                                        .count()
                                + " of the " + entry.getValue().size() + " steps of " + entry.getKey())
                        .toList());
    }

    /** One test for each step of the action, or for a sample of them. */
    Stream<DynamicTest> kill(Action action) throws Exception {
        Truth truth = prepare(action);
        ChildRun whole = ChildRun.of(action, world, Steps.ALL);
        steps.put(action, whole.steps());
        heard(action, whole, truth);
        world.requireClean();
        world.requireAllRestored();
        int all = whole.steps().size();
        return Stream.concat(
                Chaos.some(all, KILLS.get(action), random).mapToObj(step -> test(action, step, false)),
                Chaos.some(all, CUTS.get(action), random).mapToObj(step -> test(action, step, true)));
    }

    private DynamicTest test(Action action, int step, boolean power) {
        String name = action + (power ? " loses its power" : " killed") + " at step " + step + ", "
                + steps.get(action).get(step);
        return DynamicTest.dynamicTest(name, () -> kill(action, step, power));
    }

    /** Returns the truth at the beginning of the backup that the action makes, or finishes. */
    private Truth prepare(Action action) throws Exception {
        if (!clean) {
            world.requireHost();
        }
        if (!clean || action == Action.FIRST_BACKUP || runs.size() % RUNS_PER_REPOSITORY == 0) {
            world.discard();
        }
        World.deleteTree(world.out());
        if (action != Action.FIRST_BACKUP && !world.exists()) {
            world.backup();
            world.guest().change(3);
        }
        if (action == Action.RECOVER) {
            dieInMidBackup();
        } else if (action == Action.RESUME) {
            Truth begun = dieInMidBackup();
            world.guest().change(1);
            return begun;
        } else if (action == Action.PRUNE) {
            world.backup();
            world.backup(BackupRequest.of(guest.name()).withLevel(Level.FULL));
            world.guest().change(1);
            world.backup();
        } else if (action == Action.CONSOLIDATE) {
            for (int i = 0; i < 2; i++) {
                world.guest().change(3);
                world.backup();
            }
            giveSecondName("vdb");
        }
        return world.guest().truth();
    }

    /** A file that somebody else may have is not changed: this disk is merged into a new file, the others in place. */
    private void giveSecondName(String target) throws IOException {
        Path second = folder.resolve("second-name");
        Files.deleteIfExists(second);
        Point oldest =
                Repository.open(world.backups()).points(guest.name()).points().get(0);
        Files.createLink(
                second,
                oldest.folder().resolve(oldest.manifest().disk(target).image().file()));
    }

    private Truth dieInMidBackup() throws Exception {
        if (inMidBackup == 0) {
            Truth truth = world.guest().truth();
            ChildRun whole = ChildRun.of(Action.INCREMENT, world, Steps.ALL);
            world.done(whole.done(), truth);
            // One disk is complete, and of the other something is copied.
            inMidBackup = ChildRun.firstOf(whole.steps(), "vdb.qcow2") + 2;
            world.guest().change(3);
        }
        Truth truth = world.guest().truth();
        assertThat(ChildRun.of(Action.INCREMENT, world, inMidBackup).stopped()).isNotNull();
        return truth;
    }

    private void heard(Action action, ChildRun run, Truth truth) throws IOException {
        if (action == Action.PRUNE) {
            world.pruned(2);
        } else if (action == Action.CONSOLIDATE) {
            world.pruned(1);
        } else if (run.done() != null
                && (action == Action.FIRST_BACKUP || action == Action.INCREMENT || action == Action.RESUME)) {
            world.done(run.done(), truth);
        }
    }

    private void kill(Action action, int step, boolean power) throws Exception {
        Truth truth = prepare(action);
        clean = false;
        heard(action, ChildRun.of(action, world, step, power), truth);
        if (action == Action.RESTORE) {
            requireRestoredOrNotThere();
        } else if (action == Action.CONSOLIDATE) {
            requireWholeInMidMerge();
        }
        world.guest().change(2);
        // The next run clears up too; every other time it is left to it.
        if (runs.size() % 2 == 0 && world.exists()) {
            world.recover();
            world.unheard().forEach(id -> world.done(id, truth));
            world.requireClean();
        }
        String newest = world.backup().point().id();
        world.unheard().forEach(id -> world.done(id, truth));
        world.requireClean();
        world.requireRestored(newest);
        runs.add(action.name());
        if (action == Action.PRUNE || action == Action.CONSOLIDATE || runs.size() % RUNS_PER_REPOSITORY == 0) {
            world.requireAllRestored();
        }
        clean = true;
    }

    /** As it was left, all points are right; so is one that builds on them; and the next pruning finishes the merge. */
    private void requireWholeInMidMerge() throws Exception {
        world.requireNoDamage();
        world.requireAllRestored();
        if (runs.size() % 2 == 0) {
            world.guest().change(1);
            world.backup();
            world.requireNoDamage();
            world.requireAllRestored();
        }
        world.prune(1);
        world.requireClean();
    }

    /** Under its own name there is nothing but the whole truth, and the next restore makes all of it. */
    private void requireRestoredOrNotThere() throws Exception {
        Repository repository = Repository.open(world.backups());
        Point point = repository.newestPoint(guest.name());
        Path out = world.out();
        for (String target : guest.targets()) {
            if (Files.exists(out.resolve(world.name() + "-" + target + ".qcow2"))) {
                world.truthOf(point.id()).requireQcow2(target, out.resolve(world.name() + "-" + target + ".qcow2"));
            }
        }
        repository
                .restore(RestoreRequest.of(point, out).replacing(), ProgressListener.NONE)
                .join();
        for (String target : guest.targets()) {
            world.truthOf(point.id()).requireQcow2(target, out.resolve(world.name() + "-" + target + ".qcow2"));
        }
        assertThat(names(out))
                .containsExactly(
                        world.name() + "-domain.xml", world.name() + "-vda.qcow2", world.name() + "-vdb.qcow2");
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> list = Files.list(folder)) {
            return list.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }
}
