// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.virtwire.client.CloseReason;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.ConnectDomainEventCallbackRegisterAnyResult;
import dev.virtwire.protocol.remote.ConnectProcedures;
import dev.virtwire.protocol.remote.DomainBackupGetXmlDescResult;
import dev.virtwire.protocol.remote.DomainEventCallbackJobCompletedMessage;
import dev.virtwire.protocol.remote.DomainGetInfoResult;
import dev.virtwire.protocol.remote.DomainGetJobStatsArgs;
import dev.virtwire.protocol.remote.DomainGetJobStatsResult;
import dev.virtwire.protocol.remote.DomainProcedures;
import dev.virtwire.protocol.remote.DomainRef;
import dev.virtwire.protocol.remote.DomainState;
import dev.virtwire.protocol.remote.EventProcedures;
import dev.virtwire.protocol.remote.JobOperation;
import dev.virtwire.protocol.remote.JobProcedures;
import dev.virtwire.protocol.remote.JobStatsFlags;
import dev.virtwire.protocol.remote.JobType;
import dev.virtwire.protocol.remote.TypedParam;
import dev.virtwire.protocol.remote.TypedParamValue.BooleanValue;
import dev.virtwire.protocol.remote.TypedParamValue.IntValue;
import dev.virtwire.protocol.remote.TypedParamValue.UllongValue;
import dev.virtwire.testkit.ScriptedError;
import dev.virtwire.testkit.ScriptedLibvirtd;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a backup job is taken for when clocks, answers and callers are not what they should be. */
@Timeout(60)
class BackupJobTest {
    private static final DomainRef WEB1 = new DomainRef("web1", new UUID(1, 2), 7);
    private static final String OURS = xml("/scratch/ours.qcow2");

    private final ScriptedLibvirtd libvirtd = ScriptedLibvirtd.start();
    private final Libvirt libvirt = Libvirt.connect(libvirtd.uri()).join();
    private final Domain domain = Domain.of(libvirt, WEB1);

    /** When the host's job began; 0 while none runs. */
    private volatile long begun;

    private volatile Duration clockSetBack = Duration.ZERO;
    private volatile Duration answersLate = Duration.ZERO;
    private volatile String description = OURS;

    /** Whether the job still ran when the client said goodbye. */
    private volatile boolean left;

    BackupJobTest() {
        libvirtd.answer(
                        EventProcedures.CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY,
                        asked -> new ConnectDomainEventCallbackRegisterAnyResult(1))
                .answer(EventProcedures.CONNECT_DOMAIN_EVENT_CALLBACK_DEREGISTER_ANY, id -> null)
                .answer(JobProcedures.DOMAIN_BACKUP_BEGIN, asked -> {
                    begun = System.nanoTime();
                    return null;
                })
                .answer(
                        JobProcedures.DOMAIN_BACKUP_GET_XML_DESC,
                        asked -> new DomainBackupGetXmlDescResult(description))
                .answer(JobProcedures.DOMAIN_ABORT_JOB, asked -> {
                    begun = 0;
                    return null;
                })
                .answer(JobProcedures.DOMAIN_GET_JOB_STATS, this::statistics);
    }

    @AfterEach
    void close() {
        libvirt.close();
        libvirtd.close();
    }

    private static String xml(String scratch) {
        return "<domainbackup mode='pull'><server transport='unix' socket='/run/x'/><disks><disk name='vda' backup='yes'"
                + " type='file'><scratch file='" + scratch + "'/></disk></disks></domainbackup>";
    }

    private DomainGetJobStatsResult statistics(DomainGetJobStatsArgs asked) {
        if (asked.flags().contains(JobStatsFlags.COMPLETED)) {
            return new DomainGetJobStatsResult(JobType.NONE.value(), List.of());
        }
        if (begun == 0) {
            throw new ScriptedError(ErrorCode.OPERATION_INVALID, "no job");
        }
        Duration elapsed = Duration.ofNanos(System.nanoTime() - begun).minus(clockSetBack);
        pause(answersLate);
        return new DomainGetJobStatsResult(
                JobType.UNBOUNDED.value(),
                List.of(
                        new TypedParam("operation", new IntValue(JobOperation.BACKUP.value())),
                        new TypedParam("time_elapsed", new UllongValue(Math.max(0, elapsed.toMillis())))));
    }

    private static void pause(Duration time) {
        try {
            TimeUnit.NANOSECONDS.sleep(time.toNanos());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private CompletableFuture<BackupJob> begin() {
        return domain.beginBackup(BackupSpec.parse(OURS));
    }

    /** libvirt has forgotten the job by then, but not the domain. */
    @Test
    void aJobThatEndedWithItsGuestSaysSo() {
        libvirtd.answer(
                DomainProcedures.DOMAIN_GET_INFO,
                asked -> new DomainGetInfoResult(DomainState.SHUTOFF.value(), 1024, 1024, 1, 0));
        BackupJob job = begin().join();
        begun = 0;
        BackupOutcome outcome = job.completion().join();
        assertThat(outcome.status()).isEqualTo(BackupOutcome.Status.FAILED);
        assertThat(outcome.reason()).isEqualTo("the guest shut down, and the job ended with it");
    }

    @Test
    void aJobThatIsGoneWithItsDomainSaysSo() {
        libvirtd.answer(DomainProcedures.DOMAIN_GET_INFO, asked -> {
            throw new ScriptedError(ErrorCode.NO_DOMAIN, "no domain web1");
        });
        BackupJob job = begin().join();
        begun = 0;
        assertThat(job.completion().join().reason()).isEqualTo("the job is gone, and the domain with it");
    }

    private void awaitStatistics(int times) {
        await().atMost(Duration.ofSeconds(40))
                .until(() -> libvirtd.callsOf(JobProcedures.DOMAIN_GET_JOB_STATS) >= times);
    }

    @Test
    void anAnswerThatIsLateSaysNothingOfTheJob() {
        answersLate = Duration.ofMillis(2500);
        BackupJob job = begin().join();
        awaitStatistics(2);
        assertThat(job.completion()).isNotDone();
        assertThat(job.abort().join().status()).isEqualTo(BackupOutcome.Status.ABORTED);
    }

    @Test
    void aHostWhoseClockIsSetBackStillRunsTheJob() {
        BackupJob job = begin().join();
        clockSetBack = Duration.ofHours(1);
        // The second of them finds the job too young, and the third too.
        awaitStatistics(3);
        assertThat(job.completion()).isNotDone();
        assertThat(job.abort().join().status()).isEqualTo(BackupOutcome.Status.ABORTED);
    }

    @Test
    void aJobThatIsTooYoungAndLooksDifferentIsAnotherOne() {
        BackupJob job = begin().join();
        description = xml("/scratch/theirs.qcow2");
        clockSetBack = Duration.ofHours(1);
        assertThat(job.completion().join())
                .satisfies(outcome -> assertThat(outcome.status()).isEqualTo(BackupOutcome.Status.FAILED))
                .satisfies(outcome ->
                        assertThat(outcome.reason()).isEqualTo("the job is gone, and libvirt does not say why"));
        assertThat(libvirtd.callsOf(JobProcedures.DOMAIN_ABORT_JOB)).isZero();
    }

    /** Then libvirt has forgotten how the first one ended, and answers before it sends the event that tells. */
    @Test
    void aJobThatAnotherFollowsAtOnceEndsAsItsEventSays() {
        libvirtd.answer(JobProcedures.DOMAIN_ABORT_JOB, asked -> {
                    description = xml("/scratch/theirs.qcow2");
                    clockSetBack = Duration.ofHours(1);
                    return null;
                })
                .answer(DomainProcedures.DOMAIN_GET_INFO, asked -> {
                    CompletableFuture.delayedExecutor(300, TimeUnit.MILLISECONDS)
                            .execute(() -> libvirtd.send(
                                    EventProcedures.DOMAIN_EVENT_CALLBACK_JOB_COMPLETED,
                                    new DomainEventCallbackJobCompletedMessage(
                                            1,
                                            WEB1,
                                            List.of(
                                                    new TypedParam(
                                                            "operation", new IntValue(JobOperation.BACKUP.value())),
                                                    new TypedParam("success", new BooleanValue(1))))));
                    return new DomainGetInfoResult(DomainState.RUNNING.value(), 1024, 1024, 1, 0);
                });
        BackupJob job = begin().join();
        assertThat(job.finish().join().status()).isEqualTo(BackupOutcome.Status.COMPLETED);
        assertThat(libvirtd.callsOf(JobProcedures.DOMAIN_ABORT_JOB)).isEqualTo(1);
    }

    @Test
    void whoGivesUpABeginningLeavesNoJobBehind() {
        CountDownLatch described = holdDescriptions();
        CompletableFuture<BackupJob> beginning = begin();
        await().until(() -> libvirtd.callsOf(JobProcedures.DOMAIN_BACKUP_GET_XML_DESC) == 1);
        beginning.cancel(true);
        await().until(() -> libvirtd.callsOf(JobProcedures.DOMAIN_ABORT_JOB) == 1);
        described.countDown();
    }

    @Test
    void soDoesWhoWaitsOnlySoLong() {
        CountDownLatch described = holdDescriptions();
        assertThatThrownBy(() -> begin().orTimeout(1, TimeUnit.SECONDS).join())
                .hasCauseInstanceOf(TimeoutException.class);
        await().until(() -> libvirtd.callsOf(JobProcedures.DOMAIN_ABORT_JOB) == 1);
        described.countDown();
    }

    @Test
    void aCloseWaitsUntilAJobThatIsGivenUpHasEnded() {
        CountDownLatch described = holdDescriptions();
        libvirtd.answer(ConnectProcedures.CONNECT_CLOSE, asked -> {
            left = begun != 0;
            return null;
        });
        CompletableFuture<BackupJob> beginning = begin();
        await().until(() -> libvirtd.callsOf(JobProcedures.DOMAIN_BACKUP_GET_XML_DESC) == 1);
        CompletableFuture<CloseReason> closed = libvirt.closeAsync();
        beginning.cancel(true);
        described.countDown();
        closed.join();

        assertThat(libvirtd.callsOf(JobProcedures.DOMAIN_ABORT_JOB)).isEqualTo(1);
        assertThat(libvirtd.callsOf(ConnectProcedures.CONNECT_CLOSE)).isEqualTo(1);
        assertThat(left).isFalse();
    }

    private CountDownLatch holdDescriptions() {
        CountDownLatch described = new CountDownLatch(1);
        libvirtd.answer(JobProcedures.DOMAIN_BACKUP_GET_XML_DESC, asked -> {
            try {
                described.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return new DomainBackupGetXmlDescResult(OURS);
        });
        return described;
    }
}
