// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static dev.virtwire.client.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.backup.BackupDisk;
import dev.virtwire.client.backup.BackupJob;
import dev.virtwire.client.backup.BackupMode;
import dev.virtwire.client.backup.BackupOutcome;
import dev.virtwire.client.backup.BackupSpec;
import dev.virtwire.client.backup.BackupStorage;
import dev.virtwire.client.backup.NbdServer;
import dev.virtwire.client.checkpoint.Checkpoint;
import dev.virtwire.client.checkpoint.CheckpointDisk;
import dev.virtwire.client.checkpoint.CheckpointSpec;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.event.DomainEvent;
import dev.virtwire.client.event.DomainEventKind;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.qemu.QemuCalls;
import dev.virtwire.protocol.qemu.QemuMonitorCommandFlags;
import dev.virtwire.protocol.remote.ConnectListAllDomainsFlags;
import dev.virtwire.protocol.remote.DomainEventType;
import dev.virtwire.protocol.remote.DomainState;
import dev.virtwire.protocol.remote.DomainXmlFlags;
import dev.virtwire.protocol.remote.Feature;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the client does against a real libvirtd; one subclass for each way to reach it. */
@ExtendWith(LibvirtdExtension.class)
abstract class ClientSuite {
    private static final long MIB = 1 << 20;

    private Libvirtd libvirtd;
    private Libvirt libvirt;

    /** The QEMU driver by this suite's transport. */
    abstract String qemuUri(Libvirtd server);

    /** The test driver by this suite's transport. */
    abstract String testUri(Libvirtd server);

    /** The server of this suite; the one of all suites unless it takes another. */
    Libvirtd server(Libvirtd shared) {
        return shared;
    }

    @BeforeEach
    void connect(Libvirtd shared) {
        libvirtd = server(shared);
        libvirt = Libvirt.connect(qemuUri(libvirtd)).join();
    }

    @AfterEach
    void disconnect() {
        assertThat(libvirt.closeAsync().join().kind()).isEqualTo(CloseReason.Kind.CLOSED);
    }

    @Test
    void tellsWhatTheServerIs() {
        assertThat(libvirt.libvirtVersion().join()).isGreaterThanOrEqualTo(new Version(9, 0, 0));
        assertThat(libvirt.hypervisorVersion().join()).isGreaterThanOrEqualTo(new Version(7, 2, 0));
        assertThat(libvirt.hostname().join()).isNotBlank();
        assertThat(libvirt.serverUri().join()).isEqualTo("qemu:///system");
        assertThat(libvirt.capabilities().join()).startsWith("<capabilities>");
        assertThat(libvirt.supports(Feature.REMOTE_EVENT_CALLBACK).join()).isTrue();
    }

    @Test
    void findsTheTestDriversDomain() {
        try (Libvirt test = Libvirt.connect(testUri(libvirtd)).join()) {
            List<Domain> domains = test.domains().join();
            assertThat(domains).extracting(Domain::name).containsExactly("test");
            Domain domain = domains.get(0);
            assertThat(domain.id()).contains(1);
            assertThat(test.domain("test").join()).isEqualTo(domain);
            assertThat(test.domain(domain.uuid()).join()).isEqualTo(domain);
            assertThat(test.domainById(1).join()).isEqualTo(domain);
            assertThat(domain.info().join().state()).contains(DomainState.RUNNING);
            assertThat(domain.info().join().memoryKiB()).isEqualTo(2_097_152);
            assertThat(domain.xml().join()).startsWith("<domain type='test' id='1'>");
            assertThat(domain.xml(DomainXmlFlags.INACTIVE).join()).startsWith("<domain type='test'>");
            assertThat(test.domains(Set.of(ConnectListAllDomainsFlags.INACTIVE)).join())
                    .isEmpty();
        }
    }

    @Test
    void anErrorCarriesAllThatTheServerSaid() {
        assertThatThrownBy(() -> libvirt.domain("nobody").join())
                .cause()
                .isInstanceOfSatisfying(RemoteException.class, error -> {
                    assertThat(error.is(ErrorCode.NO_DOMAIN)).isTrue();
                    assertThat(error.procedure()).isEqualTo("DomainLookupByName");
                    assertThat(error.details().level()).isEqualTo(2);
                    assertThat(error.details().str1()).isNotNull();
                    assertThat(error)
                            .hasMessage(
                                    "Domain not found: no domain with matching name 'nobody' (error 42 NO_DOMAIN, DomainLookupByName on %s)",
                                    libvirt.uri().where());
                });
        assertThatThrownBy(() -> libvirt.domain(new UUID(1, 2)).join())
                .hasMessageContaining("no domain with matching uuid");
    }

    @Test
    void aReadOnlyConnectionMayLookButNotTouch() {
        ConnectOptions readOnly = ConnectOptions.builder().readOnly(true).build();
        // The test's own daemon has one socket only; the flag alone makes the connection read-only.
        try (Libvirt looking = Libvirt.connect(testUri(libvirtd), readOnly).join()) {
            Domain domain = looking.domain("test").join();
            assertThat(domain.xml().join()).contains("<name>test</name>");
            assertThatThrownBy(() -> domain.suspend().join())
                    .cause()
                    .isInstanceOfSatisfying(
                            RemoteException.class,
                            error -> assertThat(error.is(ErrorCode.OPERATION_DENIED))
                                    .isTrue());
        }
    }

    @Test
    void hearsADomainsLife() throws InterruptedException {
        EventRecorder<DomainEvent.Lifecycle> recorder = new EventRecorder<>();
        libvirt.events(DomainEventKind.LIFECYCLE).subscribe(recorder);
        recorder.awaitSubscribed();
        try (Guest guest =
                Guest.on(libvirtd, name("life")).disk(GuestDisk.qcow2(MIB)).start()) {
            await().until(() -> recorder.events().stream()
                    .anyMatch(event -> event.domain().name().equals(guest.name())
                            && event.type().equals(Optional.of(DomainEventType.STARTED))));
        }
        await().until(() -> recorder.events().stream()
                .anyMatch(event -> event.type().equals(Optional.of(DomainEventType.UNDEFINED))));
        recorder.cancel();
        assertThat(recorder.failure()).isNull();
    }

    @Test
    void reachesEveryProcedureByTheStubs() {
        try (Guest guest =
                Guest.on(libvirtd, name("stubs")).disk(GuestDisk.qcow2(MIB)).start()) {
            Domain domain = libvirt.domain(guest.name()).join();
            String answer = new QemuCalls(libvirt)
                    .domainMonitorCommand(domain.ref(), "info status", Set.of(QemuMonitorCommandFlags.HMP))
                    .join()
                    .result();
            assertThat(answer).startsWith("VM status: running");
        }
    }

    @Test
    void aPullBackupServesDescribesAndEnds() {
        try (Guest guest = Guest.on(libvirtd, name("pull"))
                .disk(GuestDisk.qcow2(4 * MIB).fill(0, MIB, 7))
                .start()) {
            Domain domain = libvirt.domain(guest.name()).join();
            assertThat(domain.activeBackup().join()).isEmpty();

            BackupSpec spec = BackupSpec.pull(NbdServer.unix(path("pull.sock")))
                    .disk(BackupDisk.of("vda").on(BackupStorage.file(path("pull.scratch"))))
                    .build();
            CheckpointSpec checkpoint = CheckpointSpec.of("first", List.of(CheckpointDisk.of("vda")));
            BackupJob job = domain.beginBackup(spec, checkpoint, Set.of()).join();

            BackupSpec active = domain.activeBackup().join().orElseThrow();
            assertThat(active.mode()).isEqualTo(BackupMode.PULL);
            assertThat(active.disks().get(0).storage()).isEqualTo(BackupStorage.file(path("pull.scratch")));
            assertThat(active.disks().get(0).index()).isNotNull();
            assertThat(job.statistics().join().isBackup()).isTrue();
            assertThat(job.statistics().join().isRunning()).isTrue();
            assertThat(job.completion()).isNotDone();

            BackupOutcome outcome = job.finish().join();
            assertThat(outcome.status()).isEqualTo(BackupOutcome.Status.COMPLETED);
            assertThat(outcome.statistics().temporaryTotal()).hasValue(4 * MIB);
            assertThat(domain.activeBackup().join()).isEmpty();

            assertThat(domain.checkpoints().list().join())
                    .extracting(Checkpoint::name)
                    .containsExactly("first");
            Checkpoint made = domain.checkpoints().find("first").join();
            assertThat(made.description().join().disks())
                    .extracting(CheckpointDisk::name)
                    .containsExactly("vda");
            made.delete().join();
            assertThat(domain.checkpoints().list().join()).isEmpty();
        }
    }

    @Test
    void aPullBackupThatIsAbortedSaysSo() {
        try (Guest guest =
                Guest.on(libvirtd, name("abort")).disk(GuestDisk.qcow2(4 * MIB)).start()) {
            Domain domain = libvirt.domain(guest.name()).join();
            BackupJob job = domain.beginBackup(pullSpec("abort")).join();
            BackupOutcome outcome = job.abort().join();
            assertThat(outcome.status()).isEqualTo(BackupOutcome.Status.ABORTED);
            assertThat(outcome.reason()).isEqualTo("aborted by this client");
            assertThat(domain.activeBackup().join()).isEmpty();
        }
    }

    @Test
    void aPullBackupEndedBySomebodyElseSaysSo() {
        try (Guest guest = Guest.on(libvirtd, name("other"))
                        .disk(GuestDisk.qcow2(4 * MIB))
                        .start();
                Libvirt other = Libvirt.connect(qemuUri(libvirtd)).join()) {
            Domain domain = libvirt.domain(guest.name()).join();
            BackupJob job = domain.beginBackup(pullSpec("other")).join();
            BackupJob attached =
                    other.domain(guest.name()).join().attachBackup().join();
            assertThat(attached.mode()).isEqualTo(BackupMode.PULL);
            assertThat(attached.finish().join().isCompleted()).isTrue();
            BackupOutcome outcome = job.completion().join();
            assertThat(outcome.status()).isEqualTo(BackupOutcome.Status.ABORTED);
            assertThat(outcome.reason()).isEqualTo("another client ended the job");
        }
    }

    @Test
    void aGuestDestroyedInMidBackupFailsIt() {
        try (Guest guest =
                Guest.on(libvirtd, name("gone")).disk(GuestDisk.qcow2(4 * MIB)).start()) {
            Domain domain = libvirt.domain(guest.name()).join();
            BackupJob job = domain.beginBackup(pullSpec("gone")).join();
            domain.destroy().join();
            BackupOutcome outcome =
                    job.completion().orTimeout(20, TimeUnit.SECONDS).join();
            assertThat(outcome.status()).isEqualTo(BackupOutcome.Status.FAILED);
            assertThat(outcome.reason()).isNotBlank();
        }
    }

    @Test
    void aPushBackupEndsByItselfAndTellsItsProgress() {
        try (Guest guest = Guest.on(libvirtd, name("push"))
                .disk(GuestDisk.qcow2(64 * MIB).random(0, 32 * MIB, 5))
                .start()) {
            Domain domain = libvirt.domain(guest.name()).join();
            EventRecorder<DomainEvent.JobCompleted> recorder = new EventRecorder<>();
            domain.events(DomainEventKind.JOB_COMPLETED).subscribe(recorder);
            recorder.awaitSubscribed();
            BackupSpec spec = BackupSpec.push()
                    .disk(BackupDisk.of("vda").on(BackupStorage.file(path("push.qcow2"))))
                    .build();
            BackupOutcome outcome =
                    domain.beginBackup(spec).thenCompose(BackupJob::completion).join();
            assertThat(outcome.status()).isEqualTo(BackupOutcome.Status.COMPLETED);
            assertThat(outcome.statistics().diskTotal()).hasValue(64 * MIB);
            assertThat(outcome.statistics().diskProcessed()).hasValue(64 * MIB);
            assertThat(Path.of(path("push.qcow2"))).exists();
            await().until(() -> recorder.events().size() == 1);
            assertThat(recorder.events().get(0).statistics().isBackup()).isTrue();
            recorder.cancel();
        }
    }

    @Test
    void aBackupPastItsDeadlineIsAborted() {
        try (Guest guest =
                Guest.on(libvirtd, name("late")).disk(GuestDisk.qcow2(4 * MIB)).start()) {
            Domain domain = libvirt.domain(guest.name()).join();
            BackupJob job = domain.beginBackup(pullSpec("late")).join().abortAfter(Duration.ofMillis(300));
            BackupOutcome outcome = job.completion().join();
            assertThat(outcome.status()).isEqualTo(BackupOutcome.Status.ABORTED);
            assertThat(outcome.reason()).isEqualTo("aborted because it had not ended within PT0.3S");
            assertThat(domain.activeBackup().join()).isEmpty();
        }
    }

    @Test
    void beginsThatLibvirtRefusesLeaveNothingBehind() {
        try (Guest guest = Guest.on(libvirtd, name("refused"))
                .disk(GuestDisk.qcow2(4 * MIB))
                .disk(GuestDisk.raw(4 * MIB))
                .start()) {
            Domain domain = libvirt.domain(guest.name()).join();
            assertRefused(domain.beginBackup(BackupMode.PULL, "<domainbackup", null, Set.of()), ErrorCode.XML_DETAIL);
            assertRefused(
                    domain.beginBackup(BackupMode.PUSH, "<domainsnapshot/>", null, Set.of()), ErrorCode.XML_ERROR);
            assertRefused(
                    domain.beginBackup(BackupSpec.push()
                            .disk(BackupDisk.of("sdz").on(BackupStorage.file(path("x"))))
                            .build()),
                    ErrorCode.CONFIG_UNSUPPORTED);
            assertRefused(
                    domain.beginBackup(
                            pullSpec("refused"),
                            CheckpointSpec.of("on-raw", List.of(CheckpointDisk.of("vdb"))),
                            Set.of()),
                    ErrorCode.CONFIG_UNSUPPORTED);
            assertRefused(domain.abortJob(), ErrorCode.OPERATION_INVALID);
            assertRefused(domain.backupXml(), ErrorCode.NO_DOMAIN_BACKUP);
            assertRefused(domain.checkpoints().find("none"), ErrorCode.NO_DOMAIN_CHECKPOINT);
            assertThat(domain.activeBackup().join()).isEmpty();
            assertThat(domain.checkpoints().list().join()).isEmpty();

            guest.destroy();
            assertRefused(domain.beginBackup(pullSpec("refused")), ErrorCode.OPERATION_UNSUPPORTED);
        }
    }

    @Test
    void manyCallsAtOnceAllComplete() {
        List<CompletableFuture<String>> calls = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            calls.add(libvirt.hostname());
        }
        String first = calls.get(0).join();
        assertThat(calls).allSatisfy(call -> assertThat(call.join()).isEqualTo(first));
    }

    @Test
    void aCallCannotWaitInACallbackOfItsOwnConnection() {
        CompletableFuture<String> last = libvirt.hostname();
        for (int i = 0; i < 500; i++) {
            last = libvirt.hostname(); // so that its answer comes after the callback is in place
        }
        CompletableFuture<String> impossible =
                last.thenApply(name -> libvirt.hostname().join());
        // A thread that waited for it would run the callback itself, and may wait.
        await().until(impossible::isDone);
        assertThatThrownBy(impossible::join)
                .isInstanceOf(CompletionException.class)
                .hasRootCauseInstanceOf(IllegalStateException.class)
                .hasMessageContaining("would wait for itself; use thenCompose()");
        assertThat(libvirt.hostname().thenCompose(name -> libvirt.hostname()).join())
                .isNotBlank();
    }

    private void assertRefused(CompletableFuture<?> call, ErrorCode code) {
        assertThatThrownBy(call::join)
                .cause()
                .isInstanceOfSatisfying(
                        RemoteException.class,
                        error -> assertThat(error.code()).as(error.getMessage()).contains(code));
    }

    private BackupSpec pullSpec(String name) {
        return BackupSpec.pull(NbdServer.unix(path(name + ".sock")))
                .disk(BackupDisk.of("vda").on(BackupStorage.file(path(name + ".scratch"))))
                .build();
    }

    private String name(String what) {
        return getClass().getSimpleName().toLowerCase(Locale.ROOT) + "-" + what;
    }

    private String path(String file) {
        return libvirtd.directory()
                .resolve(getClass().getSimpleName() + "-" + file)
                .toString();
    }
}
