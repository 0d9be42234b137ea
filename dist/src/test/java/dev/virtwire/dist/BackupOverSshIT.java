// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.virtwire.testkit.FaultyProxy;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.PrivateLibvirtd;
import dev.virtwire.testkit.PrivateSshd;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A guest of another host is backed up through one ssh connection, and no port is opened for it there. */
@Timeout(180)
class BackupOverSshIT {
    private static final long MIB = 1 << 20;

    private static PrivateLibvirtd libvirtd;
    private static Guest guest;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() {
        libvirtd = PrivateLibvirtd.start();
        guest = Guest.on(libvirtd, "ssh")
                .disk(GuestDisk.qcow2(48 * MIB).pattern(1))
                .disk(GuestDisk.qcow2(5 * MIB + 512).pattern(2))
                .start();
    }

    @AfterAll
    static void stop() {
        guest.close();
        libvirtd.close();
    }

    @Test
    void aFullPointAndAnIncrementComeThroughTheOneConnection() throws Exception {
        try (PrivateSshd sshd = PrivateSshd.builder(libvirtd).start()) {
            roundTrip(sshd, "forwarded");
            // One command for each of the two backups, which is libvirt's helper: the data needs none.
            assertThat(sshd.log().lines().filter(line -> line.contains("Starting session")))
                    .hasSize(2);
        }
    }

    @Test
    void netcatServesWhereSshdDoesNotForward() throws Exception {
        try (PrivateSshd sshd = PrivateSshd.builder(libvirtd)
                .line("AllowStreamLocalForwarding no")
                .line("AllowTcpForwarding no")
                .start()) {
            roundTrip(sshd, "netcat");
        }
    }

    @Test
    void whereNeitherServesTheErrorSaysBoth() throws Exception {
        Path tools = Files.createDirectory(libvirtd.directory().resolve("disks/no-netcat"));
        for (String tool : List.of("sh", "grep", "virt-ssh-helper")) {
            Files.createSymbolicLink(tools.resolve(tool), Path.of("/usr/bin", tool));
        }
        try (PrivateSshd sshd = PrivateSshd.builder(libvirtd)
                .line("AllowStreamLocalForwarding no")
                .line("SetEnv PATH=" + tools)
                .start()) {
            CommandRun backup = backup(sshd, folder.resolve("nothing"));
            assertThat(backup.exitCode()).isOne();
            assertThat(backup.err())
                    .contains("host 127.0.0.1 does not forward to socket " + libvirtd.directory())
                    .contains("and netcat in its place ended with exit code 127")
                    .contains("nc is not installed here");
        }
    }

    /** libvirt's calls and the disks' data come through the one connection, and both are lost with it. */
    @Test
    void aBackupOutlivesTheConnection() throws Exception {
        try (PrivateSshd sshd = PrivateSshd.builder(libvirtd).start();
                FaultyProxy network = FaultyProxy.onTcp(new InetSocketAddress("127.0.0.1", sshd.port()))) {
            String uri = "qemu+ssh://root@127.0.0.1:%d/system?keyfile=%s&known_hosts_verify=ignore"
                    .formatted(network.port(), sshd.identity());
            Path repository = folder.resolve("outlived");
            CompletableFuture<Void> cut = CompletableFuture.runAsync(() -> {
                // Of the 53 MiB a third are holes, which are not sent.
                for (long carried : List.of(6 * MIB, 15 * MIB)) {
                    await().atMost(Duration.ofMinutes(2)).until(() -> network.bytesToClient() > carried);
                    network.cut();
                }
            });
            CommandRun backup = new Launcher()
                    .run(
                            "-c",
                            uri,
                            "backup",
                            guest.name(),
                            repository.toString(),
                            "--bwlimit",
                            "16M",
                            "--scratch",
                            libvirtd.directory().resolve("disks").toString());
            assertThat(backup.exitCode()).as(backup.err()).isZero();
            cut.join();
            requireEqual(repository, "outlived");
        }
    }

    private void roundTrip(PrivateSshd sshd, String name) throws Exception {
        Path repository = folder.resolve(name);
        for (String level : List.of("full", "incremental")) {
            guest.write("vda", 7 * MIB, MIB, level.length());
            CompletableFuture<Void> done = new CompletableFuture<>();
            CompletableFuture<Set<Integer>> ports = CompletableFuture.supplyAsync(() -> portsUntil(done));
            // The export is there for seconds, so that whoever looks sees it.
            CommandRun backup = backup(sshd, repository, "--bwlimit", level.equals("full") ? "16M" : "512K");
            done.complete(null);
            assertThat(backup.exitCode()).as(backup.err()).isZero();
            assertThat(backup.out()).contains("-" + level);
            assertThat(ports.join()).containsExactlyInAnyOrder(libvirtd.tcpPort(), sshd.port());
        }
        requireEqual(repository, name);
    }

    private void requireEqual(Path repository, String name) throws Exception {
        CommandRun verify = new Launcher().run("verify", repository.toString());
        assertThat(verify.exitCode()).as(verify.err()).isZero();
        Path restored = folder.resolve(name + "-restored");
        CommandRun restore =
                new Launcher().run("restore", repository.toString(), guest.name(), "--to", restored.toString());
        assertThat(restore.exitCode()).as(restore.err()).isZero();
        for (String target : guest.targets()) {
            Path truth = folder.resolve(name + target);
            guest.copyDisk(target, truth);
            Process compare = new ProcessBuilder(
                            "qemu-img",
                            "compare",
                            "-f",
                            "raw",
                            "-F",
                            "qcow2",
                            truth.toString(),
                            restored.resolve(guest.name() + "-" + target + ".qcow2")
                                    .toString())
                    .redirectErrorStream(true)
                    .start();
            String said = new String(compare.getInputStream().readAllBytes());
            assertThat(compare.waitFor()).as(said).isZero();
        }
    }

    private static CommandRun backup(PrivateSshd sshd, Path repository, String... options) {
        List<String> words = new ArrayList<>(List.of("-c", sshd.uri("qemu", "system"), "backup", guest.name()));
        words.addAll(List.of(repository.toString(), "--scratch"));
        words.add(libvirtd.directory().resolve("disks").toString());
        words.addAll(List.of(options));
        return new Launcher().run(words.toArray(String[]::new));
    }

    /** The TCP ports that anything in libvirtd's namespaces listened on while the export's socket was there. */
    private static Set<Integer> portsUntil(CompletableFuture<Void> done) {
        try {
            Set<Integer> ports = new TreeSet<>();
            while (!done.isDone()) {
                Set<Integer> now = listening();
                // Looked for afterwards: the export was there all the while, or is seen the next time.
                if (exports()) {
                    ports.addAll(now);
                }
                Thread.sleep(10);
            }
            return ports;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean exports() throws IOException {
        try (Stream<Path> files = Files.list(libvirtd.directory().resolve("disks"))) {
            return files.anyMatch(file -> file.toString().endsWith(".sock"));
        }
    }

    private static Set<Integer> listening() throws IOException {
        Set<String> sockets = new HashSet<>();
        String init = Files.readString(libvirtd.directory().resolve("init.pid")).strip();
        Path namespace = Files.readSymbolicLink(Path.of("/proc", init, "ns/pid"));
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                try {
                    if (Files.readSymbolicLink(process.resolve("ns/pid")).equals(namespace)) {
                        try (DirectoryStream<Path> files = Files.newDirectoryStream(process.resolve("fd"))) {
                            for (Path file : files) {
                                sockets.add(Files.readSymbolicLink(file).toString());
                            }
                        }
                    }
                } catch (NoSuchFileException | AccessDeniedException | DirectoryIteratorException e) {
                    // It ended meanwhile, or it closed a file and is seen the next time, or it is not one of
                    // libvirtd's.
                    continue;
                }
            }
        }
        Set<Integer> ports = new TreeSet<>();
        for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
            for (String line : Files.readAllLines(Path.of(table))) {
                String[] fields = line.strip().split("\\s+");
                if (fields[3].equals("0A") && sockets.contains("socket:[" + fields[9] + "]")) {
                    ports.add(Integer.parseInt(fields[1].substring(fields[1].indexOf(':') + 1), 16));
                }
            }
        }
        return ports;
    }
}
