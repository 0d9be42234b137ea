// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.BackupRequest;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.ImageFormat;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RestoreRequest;
import dev.virtwire.repository.RestoreResult;
import dev.virtwire.repository.VerifyRequest;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** One bit of the repository of a real guest is not what it was: verify says so, and nothing wrong is restored. */
@ExtendWith(LibvirtdExtension.class)
class FlippedBitIT {
    private static final Set<String> NOT_RESTORED = Set.of("checkpoint.xml", "live.xml", "references.xml", "newest");

    private static final int FLIPS = Chaos.isFull() ? 60 : 2;

    @TempDir
    Path folder;

    private final Random random = Chaos.random("FlippedBitIT");
    private final Map<String, byte[]> domainXml = new LinkedHashMap<>();
    private World world;

    @Test
    void isFoundWhereverItIsAndNeverRestored(Libvirtd libvirtd) throws Exception {
        try (Guest guest = Guest.on(libvirtd, "flipped-bit")
                .disk(GuestDisk.qcow2(3 << 20).pattern(5))
                .disk(GuestDisk.qcow2((1 << 20) + 512).pattern(6))
                .start()) {
            ModelGuest model = new ModelGuest(libvirtd, guest, random, folder);
            world = new World(libvirtd, model, folder);
            List<String> points = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                BackupRequest plan = BackupRequest.of(guest.name());
                points.add(world.backup(i == 0 ? plan.withLevel(Level.FULL) : plan)
                        .point()
                        .id());
                model.change(4);
            }
            for (String point : points) {
                domainXml.put(
                        point, Files.readAllBytes(world.backups().resolve("flipped-bit/" + point + "/domain.xml")));
            }
            int flips = 0;
            for (Path file : files()) {
                for (int i = 0; i < FLIPS; i++) {
                    long offset = i == 0 ? Files.size(file) - 1 : random.nextLong(Files.size(file));
                    flip(file, offset, 1 << random.nextInt(8), points);
                    flips++;
                }
            }
            assertThat(damage()).isEmpty();
            assertThat(Repository.open(world.backups()).points("flipped-bit").known())
                    .isEmpty();
            world.requireClean();
            world.requireAllRestored();
            System.out.printf("%d bits were flipped in %d files.%n", flips, files().size());
        }
    }

    /** Locks say nothing that anybody relies on, nor does a note of what was verified. */
    private List<Path> files() throws IOException {
        try (Stream<Path> walk = Files.walk(world.backups())) {
            return walk.filter(Files::isRegularFile)
                    .filter(file -> !file.getFileName().toString().endsWith("lock"))
                    .filter(file -> !file.endsWith("verified-points"))
                    .sorted()
                    .toList();
        }
    }

    private void flip(Path file, long offset, int mask, List<String> points) throws IOException {
        String what = "bit mask " + mask + " of byte " + offset + " of " + file;
        write(file, offset, mask);
        try {
            assertThat(damage()).as(what).extracting(Finding::file).contains(file);
            int told = 0;
            for (String point : points) {
                told += isTold(point, what) ? 1 : 0;
            }
            boolean restored = NOT_RESTORED.stream().noneMatch(file::endsWith);
            assertThat(told)
                    .as("points refused, or restored with a word: " + what)
                    .isGreaterThanOrEqualTo(restored ? 1 : 0);
        } finally {
            write(file, offset, mask);
        }
    }

    private static void write(Path file, long offset, int mask) throws IOException {
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            open.seek(offset);
            int value = open.read();
            open.seek(offset);
            open.write(value ^ mask);
        }
    }

    private List<Finding> damage() {
        try {
            return Repository.open(world.backups())
                    .verify(VerifyRequest.everything(), ProgressListener.NONE)
                    .join()
                    .damage();
        } catch (DamagedException e) {
            return e.findings();
        }
    }

    /**
     * Either a point is refused and nothing of it is there, or it does not need what is damaged, and holds its truth.
     *
     * @return whether it is refused, or the restore says what is damaged
     */
    private boolean isTold(String id, String what) throws IOException {
        Path out = world.out();
        RestoreResult restored;
        try {
            Repository repository = Repository.open(world.backups());
            restored = repository
                    .restore(
                            RestoreRequest.of(repository.point("flipped-bit", id), out)
                                    .withFormat(ImageFormat.RAW),
                            ProgressListener.NONE)
                    .join();
        } catch (DamagedException e) {
            assertThat(out).as(what).doesNotExist();
            return true;
        }
        for (String target : world.guest().targets()) {
            world.truthOf(id).requireRaw(target, out.resolve(world.name() + "-" + target + ".raw"));
        }
        assertThat(out.resolve(world.name() + "-domain.xml")).as(what).hasBinaryContent(domainXml.get(id));
        World.deleteTree(out);
        return !restored.damage().isEmpty();
    }
}
