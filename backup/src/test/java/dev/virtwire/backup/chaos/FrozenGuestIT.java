// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.BackupResult;
import dev.virtwire.backup.Backups;
import dev.virtwire.backup.NbdListen;
import dev.virtwire.backup.RecoverReport;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import dev.virtwire.testkit.LinuxGuest;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever ends while a guest is frozen for its backup, somebody thaws it. */
class FrozenGuestIT {
    private static final String FREEZE = "335";
    private static final String THAW = "336";
    private static final String BEGIN = "421";
    private static final String NAME = "frozen";
    private static PrivateLibvirtd libvirtd;
    private static LinuxGuest linux;

    @TempDir
    Path folder;

    private final Random random = Chaos.random("FrozenGuestIT");

    @BeforeAll
    static void startGuest() {
        libvirtd = PrivateLibvirtd.start();
        linux = LinuxGuest.on(libvirtd, NAME).start();
    }

    @AfterAll
    static void endGuest() {
        libvirtd.close();
    }

    /** The guest is for all tests, each of which has a repository of its own. */
    @AfterEach
    void deleteCheckpoints() {
        assertThat(recover().clean()).isTrue();
        try (Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
            Domain domain = libvirt.domain(NAME).join();
            domain.checkpoints()
                    .list()
                    .join()
                    .forEach(checkpoint -> checkpoint.delete().join());
        }
    }

    private static BackupRequest plan() {
        return BackupRequest.of(NAME).quiescing();
    }

    private Repository repository() {
        return Repository.openOrCreate(folder.resolve("backups"));
    }

    private RecoverReport recover() {
        return Backups.recover(
                        repository(), () -> Libvirt.connect(libvirtd.unixUri()).join(), ProgressListener.NONE)
                .join();
    }

    private static void requireWriting() {
        long before = linux.counted();
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(linux.counted()).isGreaterThan(before + 1));
    }

    private static boolean isFrozen() {
        // What was under way when the guest was frozen may still be counted.
        linux.run("sleep 0.5");
        long before = linux.counted();
        linux.run("sleep 2");
        return linux.counted() == before;
    }

    private void killBefore(String step) throws IOException, InterruptedException {
        assertThat(QuiescedChild.killBefore(
                        step, libvirtd.socket(), folder.resolve("relay"), NAME, folder.resolve("backups")))
                .isEqualTo("stopped");
    }

    /** One port is answered at, and the next one is taken without an answer, which only QEMU finds out. */
    @Test
    void aGuestIsFrozenOnceHoweverManyPortsAreTaken() throws Exception {
        List<String> calls = new CopyOnWriteArrayList<>();
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try (ServerSocket answering = new ServerSocket(0, 1, loopback);
                Socket silent = new Socket();
                RpcRelay relay = new RpcRelay(folder.resolve("relay"), libvirtd.socket(), calls::add);
                Libvirt libvirt = Libvirt.connect("qemu+unix:///system?socket=" + folder.resolve("relay"))
                        .join()) {
            int first = answering.getLocalPort();
            silent.bind(new InetSocketAddress(loopback, first + 1));
            assertThat(relay).isNotNull();

            BackupResult result = Backups.of(libvirt, repository())
                    .backup(plan().withNbd(new NbdListen("127.0.0.1", first, first + 5)), ProgressListener.NONE)
                    .result()
                    .join();

            assertThat(result.point().manifest().quiesced()).isTrue();
            assertThat(calls).filteredOn(("call " + FREEZE)::equals).hasSize(1);
            assertThat(calls).filteredOn(("call " + BEGIN)::equals).hasSize(2);
        }
        requireWriting();
    }

    @Test
    void aClientThatIsKilledInBetweenLeavesWhatRecoverAndTheNextRunThaw() throws Exception {
        List<String> steps = Stream.of(FREEZE, BEGIN, THAW)
                .flatMap(procedure -> Stream.of("call " + procedure, "sent " + procedure, "reply " + procedure))
                .toList();
        int frozen = 0;
        int turn = 0;
        for (int step : Chaos.some(steps.size(), 4, random).toArray()) {
            frozen += isThawedAfterAKillBefore(steps.get(step), turn++ % 2 == 0) ? 1 : 0;
        }
        // From the freeze's reply to the thaw's call at least: the third step to the seventh, of which a sample has
        // two.
        assertThat(frozen).isGreaterThanOrEqualTo(Chaos.isFull() ? 5 : 2);
    }

    /** Whether the guest was frozen before it was thawed. */
    private boolean isThawedAfterAKillBefore(String step, boolean byRecover) throws Exception {
        killBefore(step);
        boolean wasFrozen = isFrozen();
        if (byRecover) {
            RecoverReport report = recover();
            assertThat(report.clean()).as("%s: %s", step, report).isTrue();
            assertThat(report.done().contains("thawed the file systems of domain " + NAME))
                    .as("%s: %s", step, report)
                    .isEqualTo(wasFrozen);
        } else {
            try (Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
                BackupResult next = Backups.of(libvirt, repository())
                        .backup(plan(), ProgressListener.NONE)
                        .result()
                        .join();
                assertThat(next.point().manifest().quiesced()).isTrue();
            }
        }
        requireWriting();
        assertThat(recover().done()).isEmpty();
        return wasFrozen;
    }

    @Test
    @SuppressWarnings("try") // the relay works on threads of its own
    void aLostConnectionIsReplacedToThaw() throws Exception {
        List<String> steps = List.of("reply " + FREEZE, "call " + BEGIN, "reply " + BEGIN, "call " + THAW);
        for (int index : Chaos.some(steps.size(), 2, random).toArray()) {
            String step = steps.get(index);
            AtomicBoolean cut = new AtomicBoolean();
            Path socket = folder.resolve("cut." + step.replace(' ', '-'));
            try (RpcRelay relay = new RpcRelay(socket, libvirtd.socket(), seen -> {
                        if (seen.equals(step) && cut.compareAndSet(false, true)) {
                            throw new EOFException(step);
                        }
                    });
                    Libvirt libvirt = Libvirt.connect("qemu+unix:///system?socket=" + socket)
                            .join()) {
                Throwable failure = catchThrowable(() -> Backups.of(libvirt, repository())
                        .backup(plan(), ProgressListener.NONE)
                        .result()
                        .join());
                assertThat(cut).as(step).isTrue();
                assertThat(isFrozen()).as("%s: %s", step, failure).isFalse();
                requireWriting();
                if (failure != null) {
                    assertThat(failure).hasMessageContaining("the backup of domain frozen failed: ");
                }
            }
            assertThat(recover().clean()).isTrue();
        }
    }

    @Test
    @SuppressWarnings("try") // the relay works on threads of its own
    void whereNobodyCanThawTheErrorAndTheJournalNameTheGuest() throws Exception {
        AtomicBoolean dead = new AtomicBoolean();
        Path socket = folder.resolve("dead");
        try (RpcRelay relay = new RpcRelay(socket, libvirtd.socket(), seen -> {
                    if (seen.equals("reply " + FREEZE) || dead.get()) {
                        dead.set(true);
                        throw new EOFException(seen);
                    }
                });
                Libvirt libvirt =
                        Libvirt.connect("qemu+unix:///system?socket=" + socket).join()) {
            CompletableFuture<BackupResult> result = Backups.of(libvirt, repository())
                    .backup(plan(), ProgressListener.NONE)
                    .result();
            assertThat(catchThrowable(result::join))
                    .hasMessageContaining("file systems of domain frozen that may still be frozen"
                            + " ('virsh domfsthaw frozen' thaws them)")
                    .hasMessageContaining("It stands in the journal");
        }
        assertThat(isFrozen()).isTrue();
        assertThat(recover().done()).contains("thawed the file systems of domain frozen");
        requireWriting();
    }

    @Test
    void aGuestThatWasStartedAgainIsNotFrozenAnyMore() throws Exception {
        killBefore("call " + BEGIN);
        linux.guest().destroy();
        linux.start();
        RecoverReport report = recover();
        assertThat(report.clean()).isTrue();
        assertThat(report.done()).noneMatch(done -> done.startsWith("thawed"));
    }
}
