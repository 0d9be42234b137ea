// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.virtwire.backup.BackupCancelledException;
import dev.virtwire.backup.Backups;
import dev.virtwire.backup.HostRestoreRequest;
import dev.virtwire.backup.HostRestoreResult;
import dev.virtwire.backup.RestoreTarget;
import dev.virtwire.cli.CommandRun;
import dev.virtwire.repository.Operation;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.PointMaker;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.copy.MemoryDisk;
import dev.virtwire.repository.internal.restore.BlockDevice;
import dev.virtwire.repository.internal.restore.PlacedRestore;
import dev.virtwire.testkit.LoopDevice;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code virtwire restore --to-device} with block devices of this machine, and without a host. */
class DeviceRestoreIT {
    private static final int MIB = 1 << 20;
    private static final int SIZE = 5 * MIB + 512;
    private static final int LARGER = 7 * MIB;
    private static final byte OLD = (byte) 0xa7;

    @TempDir
    Path folder;

    private MemoryDisk disk;
    private Point point;
    private String dir;

    @BeforeEach
    void backUp() throws IOException {
        Path backups = folder.resolve("backups");
        dir = backups.toString();
        PointMaker maker = new PointMaker(backups);
        disk = MemoryDisk.random(SIZE, new Random(71));
        // A whole block of zeros, and one with a little in it.
        Arrays.fill(disk.content, MIB, 3 * MIB, (byte) 0);
        disk.content[2 * MIB + 70_000] = 1;
        point = maker.full(new TreeMap<>(Map.of("vda", disk, "vdb", MemoryDisk.random(MIB, new Random(72)))));
    }

    /** A device that is full of what was there before. */
    private LoopDevice used(String name, int size) throws IOException {
        Path file = folder.resolve(name);
        byte[] content = new byte[size];
        Arrays.fill(content, OLD);
        Files.write(file, content);
        return LoopDevice.of(file);
    }

    private CommandRun restore(String... places) {
        String[] words = {"restore", dir, "web1", "--yes"};
        String[] all = Arrays.copyOf(words, words.length + 2 * places.length);
        for (int i = 0; i < places.length; i++) {
            all[words.length + 2 * i] = "--to-device";
            all[words.length + 2 * i + 1] = places[i];
        }
        return CommandRun.of(all);
    }

    private static byte[] content(LoopDevice device, int size) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(device.path().toFile(), "r")) {
            byte[] content = new byte[size];
            file.readFully(content);
            return content;
        }
    }

    private static String run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    private static byte[] olds(int size) {
        byte[] old = new byte[size];
        Arrays.fill(old, OLD);
        return old;
    }

    @Test
    void nothingOldIsLeftWhereTheDiskIsAndAllOfItBehind() throws Exception {
        try (LoopDevice device = used("used", LARGER)) {
            CommandRun run = restore("vda=" + device.path());

            assertThat(run.err())
                    .contains("note: device " + device.path() + " is larger than disk vda: what it held in its last "
                            + (LARGER - SIZE) + " bytes is still there\n");
            assertThat(run.exitCode()).isZero();
            assertThat(run.out())
                    .startsWith("restored web1@" + point.id() + " to what was there: " + device.path() + "; ");
            byte[] now = content(device, LARGER);
            assertThat(Arrays.copyOf(now, SIZE)).isEqualTo(disk.content);
            assertThat(Arrays.copyOfRange(now, SIZE, LARGER)).isEqualTo(olds(LARGER - SIZE));

            JsonNode json = new ObjectMapper()
                    .readTree(CommandRun.of(
                                    "restore", dir, "web1", "--to-device", "vda=" + device.path(), "--yes", "--json")
                            .out());
            assertThat(json.at("/files/0").asText()).isEqualTo(device.path().toString());
            assertThat(json.has("pool")).isFalse();
        }
    }

    /** What is zeros already is not written: a thin volume stays thin. */
    @Test
    void anEmptyDeviceGetsTheDataAlone() throws Exception {
        MemoryDisk little = new MemoryDisk(new byte[48 * MIB]);
        new Random(5).nextBytes(little.content);
        Arrays.fill(little.content, MIB, 48 * MIB, (byte) 0);
        new PointMaker(folder.resolve("thin")).full(Map.of("vda", little));
        dir = folder.resolve("thin").toString();
        try (LoopDevice device = LoopDevice.of(folder.resolve("empty"), 48 * MIB)) {
            assertThat(restore("vda=" + device.path()).exitCode()).isZero();

            assertThat(content(device, 48 * MIB)).isEqualTo(little.content);
            long blocks = Long.parseLong(
                    run("stat", "-c", "%b", device.file().toString()).strip());
            assertThat(blocks * 512).isBetween((long) MIB, 2L * MIB);
        }
    }

    @Test
    void severalDisksGoToADeviceEach() throws Exception {
        try (LoopDevice a = used("a", SIZE);
                LoopDevice b = used("b", MIB)) {
            CommandRun run = restore("vdb=" + b.path(), "vda=" + a.path());

            assertThat(run.err()).isEmpty();
            assertThat(run.exitCode()).isZero();
            assertThat(content(a, SIZE)).isEqualTo(disk.content);
        }
    }

    @Test
    void whatCannotTakeADiskIsRefusedAndStaysAsItIs() throws Exception {
        Path file = Files.createFile(folder.resolve("file"));
        try (LoopDevice small = used("small", 5 * MIB);
                LoopDevice good = used("good", SIZE)) {
            Path link = Files.createSymbolicLink(folder.resolve("link"), good.path());
            assertThat(restore("vda=" + small.path()))
                    .isEqualTo(error("device " + small.path() + " has 5242880 bytes, and disk vda of " + point.id()
                            + " has 5243392"));
            assertThat(restore("vda=" + file))
                    .isEqualTo(error(file + " is a file and no block device: to restore to files, choose a folder"));
            assertThat(restore("vda=/dev/nowhere")).isEqualTo(error("there is no device /dev/nowhere on this machine"));
            assertThat(restore("vda=" + good.path(), "vdb=" + link))
                    .isEqualTo(error("device " + link + " is the place of disk vda as well as of vdb"));
            assertThat(restore("vdc=" + good.path()))
                    .isEqualTo(error("point " + point.id() + " has no disk vdc; it has vda, vdb"));
            // The second one is looked at before the first one is written.
            assertThat(restore("vdb=" + good.path(), "vda=" + small.path()).exitCode())
                    .isEqualTo(1);
            assertThat(content(good, SIZE)).isEqualTo(olds(SIZE));
            assertThat(content(small, 5 * MIB)).isEqualTo(olds(5 * MIB));
        }
    }

    /** Names in /dev move when devices come and go. */
    @Test
    void aNameThatLeadsToAnotherDeviceByNowIsRefused() throws Exception {
        try (LoopDevice first = used("first", MIB);
                LoopDevice second = used("second", MIB)) {
            Path link = Files.createSymbolicLink(folder.resolve("link"), first.path());
            PlacedRestore.Device looked = new PlacedRestore.Device(BlockDevice.of(link));
            Files.delete(link);
            Files.createSymbolicLink(link, second.path());

            assertThatThrownBy(() -> looked.open(MIB))
                    .isInstanceOf(RepositoryException.class)
                    .hasMessageStartingWith("device " + link + " is not what it was when the restore began: it was ");
        }
    }

    private static CommandRun error(String message) {
        return new CommandRun(1, "", "error: " + message + "\n");
    }

    @Test
    void aDeviceThatIsInUseIsRefused() throws Exception {
        try (LoopDevice device = LoopDevice.of(folder.resolve("busy"), 16 * MIB)) {
            String busy = "device " + device.path() + " is in use: ";
            try (LoopDevice above = LoopDevice.of(device.path())) {
                assertThat(restore("vda=" + device.path()))
                        .isEqualTo(error(busy + above.path().getFileName() + " is made of it"));
            }

            run("/sbin/mke2fs", "-q", "-t", "ext4", device.path().toString());
            Path mounted = Files.createDirectory(folder.resolve("mount point"));
            run("mount", device.path().toString(), mounted.toString());
            try {
                assertThat(restore("vda=" + device.path())).isEqualTo(error(busy + "it is mounted at " + mounted));
            } finally {
                run("umount", mounted.toString());
            }

            Process elsewhere = new ProcessBuilder(
                            "unshare",
                            "--mount",
                            "sh",
                            "-c",
                            "mount " + device.path() + " /mnt && echo mounted && read end")
                    .start();
            try {
                assertThat(elsewhere.inputReader().readLine()).isEqualTo("mounted");
                assertThat(restore("vda=" + device.path())).isEqualTo(error(busy + "it is mounted at /mnt"));
            } finally {
                end(elsewhere);
            }

            Process writer =
                    new ProcessBuilder("sh", "-c", "exec 3<>" + device.path() + "; echo open; read end").start();
            try {
                assertThat(writer.inputReader().readLine()).isEqualTo("open");
                assertThat(restore("vda=" + device.path()))
                        .isEqualTo(error(busy + "process " + writer.pid() + " (sh) has it open"));
            } finally {
                end(writer);
            }
            assertThat(restore("vda=" + device.path()).exitCode()).isZero();
        }
    }

    /** A mount names one of them, and the kernel counts none as something that is made of it. */
    @Test
    void everyDeviceOfAMountedFileSystemIsRefused() throws Exception {
        try (LoopDevice one = LoopDevice.of(folder.resolve("one"), 200 * MIB);
                LoopDevice two = LoopDevice.of(folder.resolve("two"), 200 * MIB)) {
            run(
                    "/sbin/mkfs.btrfs",
                    "--quiet",
                    "--data",
                    "single",
                    "--metadata",
                    "raid1",
                    one.path().toString(),
                    two.path().toString());
            // Without udev, nobody tells the kernel of the second one.
            run(
                    "/bin/btrfs",
                    "device",
                    "scan",
                    one.path().toString(),
                    two.path().toString());
            Path mounted = Files.createDirectory(folder.resolve("mounted"));
            run("mount", one.path().toString(), mounted.toString());
            try {
                for (LoopDevice member : new LoopDevice[] {one, two}) {
                    CommandRun run = restore("vda=" + member.path());
                    assertThat(run.exitCode()).isEqualTo(1);
                    assertThat(run.err())
                            .startsWith("error: device " + member.path()
                                    + " is in use: it is a part of the mounted btrfs ");
                }
            } finally {
                run("umount", mounted.toString());
            }
            assertThat(restore("vda=" + two.path()).exitCode()).isZero();
        }
    }

    private static void end(Process process) throws Exception {
        process.getOutputStream().close();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void nothingIsWrittenIfNobodyCanBeAsked() throws Exception {
        try (LoopDevice device = used("unasked", LARGER)) {
            CommandRun run = CommandRun.of("restore", dir, "web1", "--to-device", "vda=" + device.path());

            assertThat(run)
                    .isEqualTo(new CommandRun(
                            2,
                            "",
                            "error: what is there is overwritten, and without a terminal nobody can be asked: give --yes to"
                                    + " allow it\n"));
            assertThat(content(device, LARGER)).isEqualTo(olds(LARGER));
        }
    }

    @Test
    void whatAFailedRestoreLeavesThereIsSaid() throws Exception {
        Path image = point.folder().resolve("vda.qcow2");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            // Within the data of a later block.
            file.seek(file.length() - MIB - 4096);
            int old = file.read();
            file.seek(file.length() - MIB - 4096);
            file.write(~old);
        }
        try (LoopDevice device = used("torn", LARGER)) {
            CommandRun run = restore("vda=" + device.path());

            assertThat(run.exitCode()).isEqualTo(3);
            assertThat(run.err())
                    .startsWith("error: " + image)
                    .contains("left behind: device " + device.path() + " holds a part of disk vda")
                    .hasLineCount(1);

            // What is known now costs nobody a device.
            try (LoopDevice spared = used("spared", LARGER)) {
                CommandRun known = restore("vda=" + spared.path());
                assertThat(known.exitCode()).isEqualTo(3);
                assertThat(known.err())
                        .contains("cannot give back disk vda, so that device " + spared.path() + " stays as it is: ")
                        .endsWith("; with --salvage, all that is right is restored\n");
                assertThat(content(spared, LARGER)).isEqualTo(olds(LARGER));
            }
            CommandRun salvaged =
                    CommandRun.of("restore", dir, "web1", "--to-device", "vda=" + device.path(), "--yes", "--salvage");
            assertThat(salvaged.exitCode()).isEqualTo(3);
            assertThat(salvaged.out()).contains("lost: disk vda");
            byte[] now = content(device, SIZE);
            List<Integer> wrong = differences(now);
            // What is lost is zeros, and nothing of what was there before.
            assertThat(wrong).isNotEmpty().allSatisfy(at -> assertThat(now[at]).isZero());
        }
    }

    @Test
    void whatACancelledRestoreLeavesThereIsSaid() throws Exception {
        try (LoopDevice device = used("cancelled", LARGER)) {
            HostRestoreRequest request = HostRestoreRequest.of(
                            point,
                            new RestoreTarget.Existing(
                                    Map.of("vda", device.path().toString())))
                    .limitedTo(2 * MIB);
            CompletableFuture<Operation<HostRestoreResult>> begun = new CompletableFuture<>();
            Operation<HostRestoreResult> restore =
                    Backups.restoreHere(Repository.open(folder.resolve("backups")), request, progress -> {
                        if (progress.bytesMoved() > 0) {
                            begun.join().cancel();
                        }
                    });
            begun.complete(restore);

            assertThatThrownBy(restore::join)
                    .isInstanceOf(BackupCancelledException.class)
                    .hasMessage("the restore of web1@" + point.id() + " was interrupted")
                    .satisfies(e -> assertThat(e.getSuppressed())
                            .extracting(Throwable::getMessage)
                            .containsExactly("left behind: device " + device.path() + " holds a part of disk vda"));
            // Nothing is in the way of another run.
            assertThat(restore("vda=" + device.path()).exitCode()).isZero();
            assertThat(content(device, SIZE)).isEqualTo(disk.content);
        }
    }

    private List<Integer> differences(byte[] now) {
        return IntStream.range(0, SIZE)
                .filter(i -> now[i] != disk.content[i])
                .boxed()
                .toList();
    }
}
