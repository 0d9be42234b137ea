// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.checkpoint.Checkpoint;
import dev.virtwire.client.checkpoint.CheckpointDisk;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.testkit.Libvirtd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** A libvirtd, a repository, and the questions that every test asks of them after something went wrong. */
final class Scene {
    static final long MIB = 1 << 20;

    private final Libvirtd libvirtd;
    private final String uri;
    private final Path backups;

    Scene(Libvirtd libvirtd, Path folder) {
        this(libvirtd, libvirtd.unixUri(), folder);
    }

    /** Backups are made over another connection than the local one. */
    Scene(Libvirtd libvirtd, String uri, Path folder) {
        this.libvirtd = libvirtd;
        this.uri = uri;
        this.backups = folder.resolve("backups");
    }

    Path backups() {
        return backups;
    }

    Repository repository() {
        return Repository.openOrCreate(backups);
    }

    Libvirt connect() {
        return Libvirt.connect(uri).join();
    }

    BackupResult backup(BackupRequest request) {
        return backup(request, ProgressListener.NONE);
    }

    BackupResult backup(BackupRequest request, ProgressListener listener) {
        try (Libvirt libvirt = connect()) {
            return Backups.of(libvirt, repository())
                    .backup(request, listener)
                    .result()
                    .join();
        }
    }

    /** The error that a backup ends with. */
    RuntimeException failure(BackupRequest request) {
        return failure(request, ProgressListener.NONE);
    }

    RuntimeException failure(BackupRequest request, ProgressListener listener) {
        Throwable thrown = catchThrowable(() -> backup(request, listener));
        assertThat(thrown).isInstanceOf(CompletionException.class);
        assertThat(thrown.getCause()).isInstanceOfAny(BackupException.class, RepositoryException.class);
        return (RuntimeException) thrown.getCause();
    }

    HostRestoreResult restore(Libvirt libvirt, HostRestoreRequest request) {
        return Backups.of(libvirt, repository())
                .restore(request, ProgressListener.NONE)
                .join();
    }

    RecoverReport recover(Supplier<Libvirt> connect) {
        return Backups.recover(repository(), connect, ProgressListener.NONE).join();
    }

    /** Does something once, when the first bytes have been copied; the copy waits meanwhile. */
    static ProgressListener inMidCopy(Runnable event) {
        AtomicBoolean happened = new AtomicBoolean();
        return progress -> {
            if (progress.bytesMoved() > 0 && happened.compareAndSet(false, true)) {
                event.run();
            }
        };
    }

    /** The host holds nothing of a backup but these checkpoints, and the repository nothing unfinished. */
    void requireClean(String domain, String... checkpoints) throws IOException {
        requireHereClean(domain);
        try (Libvirt libvirt = connect()) {
            Domain found = libvirt.domain(domain).join();
            assertThat(found.activeBackup().join()).isEmpty();
            assertThat(found.checkpoints().list().join())
                    .extracting(Checkpoint::name)
                    .containsExactlyInAnyOrder(checkpoints);
            requireTheirBitmaps(found);
        }
        assertThat(traces()).isEmpty();
    }

    /** Each disk has the bitmaps of the checkpoints that libvirt knows, and no other. */
    private void requireTheirBitmaps(Domain domain) {
        Map<String, Set<String>> expected = new TreeMap<>();
        for (Checkpoint checkpoint : domain.checkpoints().list().join()) {
            for (CheckpointDisk disk : checkpoint.description().join().disks()) {
                if (disk.tracked()) {
                    expected.computeIfAbsent(disk.name(), any -> new TreeSet<>())
                            .add(disk.bitmap());
                }
            }
        }
        Map<String, Set<String>> found = new Bitmaps(libvirtd).of(domain);
        expected.keySet().retainAll(found.keySet());
        found.values().removeIf(Set::isEmpty);
        assertThat(found).isEqualTo(expected);
    }

    /** Scratch files, sockets and pushed images of ours. */
    List<String> traces() throws IOException {
        String ours = "virtwire-" + Repository.open(backups).id();
        try (Stream<Path> disks = Files.walk(libvirtd.directory().resolve("disks"));
                Stream<Path> temporary = Files.list(Path.of("/var/tmp"))) {
            return Stream.concat(disks, temporary)
                    .map(path -> path.getFileName().toString())
                    .filter(name -> name.contains(ours))
                    .toList();
        }
    }

    void requireHereClean(String domain) throws IOException {
        Path folder = backups.resolve(domain);
        try (Stream<Path> list = Files.list(folder)) {
            assertThat(list.map(path -> path.getFileName().toString()))
                    .allMatch(name -> name.equals(".journal")
                            || name.matches("20\\d{6}T\\d{6}Z-(full|incremental|differential)(-\\d+)?"));
        }
        try (Stream<Path> list = Files.list(folder.resolve(".journal"))) {
            assertThat(list.map(path -> path.getFileName().toString()))
                    .contains("lock")
                    .isSubsetOf("lock", "newest", "damage.lock", "verified-points");
        }
    }
}
