// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.BackupResult;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A guest writes, zeros, discards; an administrator resizes, restarts, kills, snapshots, plugs, and deletes
 * checkpoints; and two repositories take full, incremental and differential points of it, all in random order. Each
 * point is compared with the truth at its begin: restored by us, read by {@code qemu-img compare}, converted by {@code
 * qemu-img} alone.
 */
@ExtendWith(LibvirtdExtension.class)
abstract class ModelSuite {
    private static final int AUTO = 5;
    private static final int STEPS = Integer.getInteger("chaos.steps", Chaos.isFull() ? 3000 : 100);

    /** What a repository has of the guest. */
    private static final class Side {
        private final World world;
        /** Disks whose bitmap may be of no use since the newest point. */
        private final Set<String> disturbed = new HashSet<>();

        private String lastFull;
        private boolean keepsFull;
        private int points;
        private int pointsMost;

        Side(World world) {
            this.world = world;
        }
    }

    @TempDir
    Path folder;

    private final Random random = Chaos.random(getClass().getSimpleName());
    private final Map<String, Integer> happened = new TreeMap<>();
    private final List<Side> sides = new ArrayList<>();
    private final List<String> history = new ArrayList<>();
    private ModelGuest guest;
    private Administrator administrator;

    @Test
    void everyPointHoldsTheTruthOfItsBegin(Libvirtd libvirtd) throws Exception {
        String name = "model-" + getClass().getSimpleName().toLowerCase();
        try (Guest real = Guest.on(libvirtd, name)
                .disk(GuestDisk.qcow2(6 << 20).pattern(random.nextLong()))
                .disk(GuestDisk.qcow2((2 << 20) + 512).pattern(random.nextLong()))
                .disk(GuestDisk.raw(1 << 20).pattern(random.nextLong()))
                .start()) {
            guest = new ModelGuest(libvirtd, real, random, folder);
            Path images = Files.createDirectories(libvirtd.directory().resolve("disks"));
            administrator = new Administrator(guest, random, images);
            for (String side : List.of("a", "b")) {
                sides.add(new Side(new World(libvirtd, guest, Files.createDirectory(folder.resolve(side)))));
            }
            for (int i = 0; i < STEPS; i++) {
                step();
            }
            // However few the steps were and whatever the dice said: nothing disturbs the last of these.
            for (int i = 0; i < 3; i++) {
                guest.change(2);
                point(sides.get(0), AUTO);
            }
            for (Side side : sides) {
                side.world.requireAllRestored();
            }
        } catch (Throwable e) {
            throw new AssertionError("after " + history, e);
        }
        System.out.println(getClass().getSimpleName() + ": every point held its truth after " + happened);
        assertThat(happened).containsKeys("point full", "point incremental");
    }

    /** QEMU's bitmaps do not tell of what a disk lost that was smaller for a while. */
    @Test
    void pointAfterTheDiskWasSmallerForAWhileHoldsTheTruth(Libvirtd libvirtd) throws Exception {
        int size = (2 << 20) + 512;
        String name = "smaller-" + getClass().getSimpleName().toLowerCase();
        try (Guest real = Guest.on(libvirtd, name)
                .disk(GuestDisk.qcow2(size).random(0, size, random.nextLong()))
                .start()) {
            guest = new ModelGuest(libvirtd, real, random, folder);
            administrator = new Administrator(guest, random, folder);
            World world = new World(libvirtd, guest, Files.createDirectory(folder.resolve("smaller")));
            world.backup();

            administrator.resize("vda", (1 << 20) + 512);
            administrator.resize("vda", size);
            guest.requireTrue();

            world.requireRestored(world.backup().point().id());
        }
    }

    private void step() throws Exception {
        int dice = random.nextInt(1000);
        if (dice < 860) {
            guest.change(1);
            count("changes by the guest");
        } else if (dice < 970) {
            point(sides.get(random.nextInt(5) == 0 ? 1 : 0), random.nextInt(AUTO + 5));
        } else {
            administrate();
        }
    }

    private void count(String what) {
        happened.merge(what, 1, Integer::sum);
    }

    private void tell(String what) {
        history.add(what);
        count(what);
    }

    private void disturb(String target) {
        history.add("of " + target);
        sides.forEach(side -> side.disturbed.add(target));
    }

    private void administrate() throws Exception {
        switch (random.nextInt(7)) {
            case 0 -> {
                tell("restart");
                administrator.restart();
            }
            case 1 -> {
                tell("kill");
                administrator.kill();
                guest.targets().forEach(this::disturb);
            }
            case 2 -> {
                tell("resize");
                disturb(administrator.resize());
            }
            case 3 -> {
                tell("define again");
                administrator.defineAgain();
            }
            case 4 -> {
                tell("deleted checkpoint");
                if (administrator.deleteCheckpoint()) {
                    guest.targets().forEach(this::disturb);
                }
            }
            case 5 -> {
                tell("snapshot");
                disturb(administrator.snapshot());
            }
            default -> {
                tell("plug");
                disturb(administrator.plug());
            }
        }
    }

    /** Of a level by the dice, from {@link #AUTO} on an automatic one. */
    private void point(Side side, int dice) throws Exception {
        if (side.points >= side.pointsMost) {
            side.world.requireAllRestored();
            side.world.discard();
            side.points = 0;
            side.pointsMost = 5 + random.nextInt(40);
            side.lastFull = null;
            side.keepsFull = random.nextBoolean();
        }
        guest.requireTrue();
        ProgressListener listener = writesMeanwhile();
        BackupRequest plan = BackupRequest.of(guest.name());
        if (side.keepsFull) {
            plan = plan.keepingFullCheckpoint();
        }
        String since = dice < (side.keepsFull ? 4 : 1) ? side.lastFull : null;
        if (since != null) {
            plan = plan.since(since);
        } else if (dice < AUTO) {
            plan = plan.withLevel(Level.FULL);
        }
        BackupResult result;
        try {
            result = side.world.backup(plan, listener);
        } catch (CompletionException e) {
            // The only thing that may be refused: its checkpoint is gone, or none of its disks is left as it was.
            if (since == null || !(e.getCause() instanceof BackupException refused)) {
                throw e;
            }
            assertThat(refused.getMessage()).containsAnyOf("cannot be built on", "no disk that can build on");
            tell("differential refused");
            side.world.requireNoTraces();
            return;
        }
        judge(side, result, since == null && dice >= AUTO);
        side.points++;
    }

    private void judge(Side side, BackupResult result, boolean auto) throws Exception {
        String id = result.point().id();
        Level level = result.point().manifest().level();
        history.add(side.world.backups().getParent().getFileName() + " " + id);
        count("point " + level);
        for (ManifestDisk disk : result.point().manifest().disks()) {
            boolean must = auto && side.points > 0 && !disk.target().equals("vdc");
            if (must && !side.disturbed.contains(disk.target())) {
                assertThat(disk.level())
                        .as("level of %s, %s", disk.target(), disk.reason())
                        .isEqualTo(Level.INCREMENTAL);
            }
            count("disks " + disk.level());
        }
        side.disturbed.clear();
        if (level == Level.FULL) {
            side.lastFull = id;
        }
        assertThat(side.world.requireNoTraces())
                .contains(result.point().manifest().checkpoint());
        side.world.requireRestored(id);
    }

    /** The guest does not stop while it is backed up, and nothing of that may be in the point. */
    private ProgressListener writesMeanwhile() {
        boolean[] began = {false};
        return progress -> {
            if (progress.phase() == Progress.Phase.COPYING && !began[0]) {
                began[0] = true;
                try {
                    guest.change(2);
                } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        };
    }
}
