// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
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
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * As {@link KillIT}, of a guest that is off: it is neither started nor left with a bitmap that nobody knows, and the
 * domain that serves its disks is gone. It runs only for the changes between the backups.
 */
@ExtendWith(LibvirtdExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KillOfflineIT {
    private static final Map<Action, Integer> KILLS =
            Map.of(Action.FIRST_BACKUP, 1, Action.INCREMENT, 1, Action.RECOVER, 1);

    /** Somewhere in the middle of a backup: the job has begun, and its point is not there. */
    private static final String IN_MID_BACKUP = "vda.qcow2";

    @TempDir
    static Path folder;

    private final Random random = Chaos.random("KillOfflineIT");
    private final Map<Action, List<String>> steps = new EnumMap<>(Action.class);
    private final List<Action> runs = new ArrayList<>();
    private Guest guest;
    private World world;

    private interface Work {
        void run() throws Exception;
    }

    @BeforeAll
    void prepare(Libvirtd libvirtd) throws Exception {
        guest = Guest.on(libvirtd, "killed-while-off")
                .disk(GuestDisk.qcow2(3 << 20).pattern(5))
                .disk(GuestDisk.qcow2((1 << 20) + 512).pattern(6))
                .start();
        world = new World(libvirtd, new ModelGuest(libvirtd, guest, random, folder), folder);
        guest.destroy();
    }

    @AfterAll
    void tell() {
        guest.close();
        System.out.printf(
                "Killed %d times while the guest was off, of %s steps; each time nothing was lost and nothing was left"
                        + " behind.%n",
                runs.size(), steps.values().stream().map(List::size).toList());
    }

    @TestFactory
    Stream<DynamicTest> aFirstBackupMayDieAtAnyStep() throws Exception {
        return kill(Action.FIRST_BACKUP);
    }

    @TestFactory
    Stream<DynamicTest> anIncrementMayDieAtAnyStep() throws Exception {
        return kill(Action.INCREMENT);
    }

    @TestFactory
    Stream<DynamicTest> aRecoveryMayDieAtAnyStep() throws Exception {
        return kill(Action.RECOVER);
    }

    private Stream<DynamicTest> kill(Action action) throws Exception {
        Truth truth = prepare(action);
        ChildRun whole = ChildRun.of(action, world, Steps.ALL);
        steps.put(action, whole.steps());
        heard(action, whole, truth);
        world.requireClean();
        return Chaos.some(whole.steps().size(), KILLS.get(action), random)
                .mapToObj(step -> DynamicTest.dynamicTest(
                        action + " killed at step " + step + ", "
                                + whole.steps().get(step),
                        () -> kill(action, step)));
    }

    private void awake(Work work) throws Exception {
        guest.start();
        try {
            work.run();
        } finally {
            guest.destroy();
        }
    }

    /** Returns the truth at the beginning of the backup that the action makes. */
    private Truth prepare(Action action) throws Exception {
        if (action == Action.FIRST_BACKUP) {
            awake(world::discard);
        } else if (!world.exists()) {
            world.backup();
        }
        if (action != Action.FIRST_BACKUP) {
            awake(() -> world.guest().change(3));
        }
        Truth truth = world.guest().truth();
        if (action == Action.RECOVER) {
            List<String> known = steps.get(Action.INCREMENT);
            assertThat(ChildRun.of(Action.INCREMENT, world, ChildRun.firstOf(known, IN_MID_BACKUP) + 2)
                            .stopped())
                    .isNotNull();
        }
        return truth;
    }

    private void heard(Action action, ChildRun run, Truth truth) {
        if (run.done() != null && action != Action.RECOVER) {
            world.done(run.done(), truth);
        }
    }

    private void kill(Action action, int step) throws Exception {
        Truth truth = prepare(action);
        heard(action, ChildRun.of(action, world, step), truth);
        assertThat(guest.state()).isEqualTo("shut off");
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
        runs.add(action);
    }
}
