// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.virtwire.client.ConnectionLostException;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.MigrationException;
import dev.virtwire.client.MigrationException.Place;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.protocol.Procedure;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.ConnectProcedures;
import dev.virtwire.protocol.remote.ConnectSupportsFeatureResult;
import dev.virtwire.protocol.remote.DomainGetStateResult;
import dev.virtwire.protocol.remote.DomainLookupByUuidResult;
import dev.virtwire.protocol.remote.DomainMigrateBegin3ParamsResult;
import dev.virtwire.protocol.remote.DomainMigrateFinish3ParamsResult;
import dev.virtwire.protocol.remote.DomainMigratePerform3ParamsResult;
import dev.virtwire.protocol.remote.DomainMigratePrepare3ParamsResult;
import dev.virtwire.protocol.remote.DomainProcedures;
import dev.virtwire.protocol.remote.DomainRef;
import dev.virtwire.protocol.remote.DomainState;
import dev.virtwire.protocol.remote.JobProcedures;
import dev.virtwire.protocol.remote.MigrateFlags;
import dev.virtwire.protocol.remote.MigrationProcedures;
import dev.virtwire.protocol.remote.TypedParam;
import dev.virtwire.testkit.ScriptedError;
import dev.virtwire.testkit.ScriptedLibvirtd;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who is told what, and where the guest is said to be, however a migration ends. */
@Timeout(60)
class MigrationTest {
    private static final DomainRef WEB1 = new DomainRef("web1", new UUID(1, 2), 7);
    private static final MigrationSpec SPEC =
            MigrationSpec.live().flags(MigrateFlags.AUTO_CONVERGE).build();

    private final ScriptedLibvirtd a = ScriptedLibvirtd.start();
    private final ScriptedLibvirtd b = ScriptedLibvirtd.start();
    private final Libvirt source = Libvirt.connect(a.uri()).join();
    private final Libvirt destination = Libvirt.connect(b.uri()).join();
    private final Domain domain = Domain.of(source, WEB1);

    /** What was called on both, in order, with what was said of its success. */
    private final List<String> steps = new CopyOnWriteArrayList<>();

    /** What the steps carried from one host to the other. */
    private final List<String> cookies = new CopyOnWriteArrayList<>();

    private final CountDownLatch aborted = new CountDownLatch(1);
    private volatile Set<MigrateFlags> performed = Set.of();
    private volatile List<TypedParam> finished = List.of();

    MigrationTest() {
        a.answer(MigrationProcedures.DOMAIN_MIGRATE_BEGIN3_PARAMS, asked -> {
                    steps.add("begin");
                    return new DomainMigrateBegin3ParamsResult(bytes("begun"), "<domain/>");
                })
                .answer(
                        DomainProcedures.DOMAIN_GET_STATE,
                        asked -> new DomainGetStateResult(DomainState.RUNNING.value(), 1))
                .answer(MigrationProcedures.DOMAIN_MIGRATE_PERFORM3_PARAMS, asked -> {
                    steps.add("perform");
                    cookies.add(new String(asked.cookieIn()));
                    performed = asked.flags();
                    return new DomainMigratePerform3ParamsResult(bytes("performed"));
                })
                .answer(MigrationProcedures.DOMAIN_MIGRATE_CONFIRM3_PARAMS, asked -> {
                    steps.add("confirm " + asked.cancelled());
                    cookies.add(new String(asked.cookieIn()));
                    return null;
                })
                .answer(JobProcedures.DOMAIN_ABORT_JOB, asked -> {
                    aborted.countDown();
                    return null;
                });
        b.answer(MigrationProcedures.DOMAIN_MIGRATE_PREPARE3_PARAMS, asked -> {
                    steps.add("prepare");
                    cookies.add(new String(asked.cookieIn()));
                    return new DomainMigratePrepare3ParamsResult(bytes("prepared"), "tcp://b:1");
                })
                .answer(MigrationProcedures.DOMAIN_MIGRATE_FINISH3_PARAMS, asked -> {
                    steps.add("finish " + asked.cancelled());
                    cookies.add(new String(asked.cookieIn()));
                    assertThat(asked.flags()).doesNotContain(MigrateFlags.AUTO_CONVERGE);
                    finished = asked.params();
                    if (asked.cancelled() != 0) {
                        throw new ScriptedError(ErrorCode.MIGRATE_FINISH_OK, "migration successfully aborted");
                    }
                    return new DomainMigrateFinish3ParamsResult(WEB1, bytes("finished"));
                });
    }

    @AfterEach
    void close() {
        source.close();
        destination.close();
        a.close();
        b.close();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    }

    private MigrationException failure(Migration migration) {
        CompletionException wrapped = catchThrowableOfType(
                CompletionException.class, () -> migration.result().join());
        return (MigrationException) wrapped.getCause();
    }

    private String from() {
        return source.uri().where();
    }

    private String to() {
        return destination.uri().where();
    }

    private <A, R> void refuse(ScriptedLibvirtd host, Procedure<A, R> procedure, String step) {
        host.answer(procedure, asked -> {
            steps.add(step);
            throw new ScriptedError(ErrorCode.OPERATION_FAILED, "no " + step);
        });
    }

    @Test
    void theStepsComeInOrderAndCarryTheirCookies() {
        Domain there = domain.migrate(destination, SPEC).result().join();
        assertThat(there).isEqualTo(Domain.of(destination, WEB1));
        assertThat(steps).containsExactly("begin", "prepare", "perform", "finish 0", "confirm 0");
        assertThat(cookies).containsExactly("begun", "prepared", "performed", "finished");
        assertThat(performed)
                .containsExactlyInAnyOrder(
                        MigrateFlags.LIVE, MigrateFlags.AUTO_CONVERGE, MigrateFlags.CHANGE_PROTECTION);
        assertThat(finished)
                .extracting(TypedParam::field)
                .containsExactlyInAnyOrder("destination_xml", "migrate_uri", "destination_name");
    }

    @Test
    void aGuestThatIsPausedStaysPaused() {
        a.answer(DomainProcedures.DOMAIN_GET_STATE, asked -> new DomainGetStateResult(DomainState.PAUSED.value(), 1));
        domain.migrate(destination, SPEC).result().join();
        assertThat(performed).contains(MigrateFlags.PAUSED);
    }

    @Test
    void aDomainThatIsOffIsNotSent() {
        domain.migrate(destination, MigrationSpec.offline().build()).result().join();
        assertThat(steps).containsExactly("begin", "prepare", "finish 0", "confirm 0");
    }

    @Test
    void whatCannotBeginLeavesNothing() {
        refuse(a, MigrationProcedures.DOMAIN_MIGRATE_BEGIN3_PARAMS, "begin");
        MigrationException error = failure(domain.migrate(destination, SPEC));
        assertThat(error)
                .hasMessageStartingWith("the migration of web1 from %s to %s failed, and the guest is on %s: "
                        .formatted(from(), to(), from()))
                .hasMessageContaining("no begin")
                .hasCauseInstanceOf(RemoteException.class);
        assertThat(error.place()).isEqualTo(Place.SOURCE);
        assertThat(error.isCancelled()).isFalse();
        assertThat(steps).containsExactly("begin");
    }

    @Test
    void aSourceWhoseDestinationIsNotReadyIsTold() {
        refuse(b, MigrationProcedures.DOMAIN_MIGRATE_PREPARE3_PARAMS, "prepare");
        MigrationException error = failure(domain.migrate(destination, SPEC));
        assertThat(error).hasMessageContaining("the guest is on %s: ".formatted(from()));
        assertThat(error.place()).isEqualTo(Place.SOURCE);
        assertThat(steps).containsExactly("begin", "prepare", "confirm 1");
    }

    @Test
    void aDestinationThatDoesNotSayWhereItWaitsGivesUp() {
        b.answer(
                MigrationProcedures.DOMAIN_MIGRATE_PREPARE3_PARAMS,
                asked -> new DomainMigratePrepare3ParamsResult(bytes("prepared"), null));
        assertThat(failure(domain.migrate(destination, SPEC)))
                .hasMessageEndingWith(to() + " does not say where it waits for the data");
        assertThat(steps).containsExactly("begin", "finish 1", "confirm 1");
    }

    /** It has ended its job by itself then. */
    @Test
    void aDestinationWhoseSourceFailsGivesUp() {
        refuse(a, MigrationProcedures.DOMAIN_MIGRATE_PERFORM3_PARAMS, "perform");
        MigrationException error = failure(domain.migrate(destination, SPEC));
        assertThat(error).hasMessageContaining("no perform").hasNoSuppressedExceptions();
        assertThat(error.place()).isEqualTo(Place.SOURCE);
        assertThat(steps).containsExactly("begin", "prepare", "perform", "finish 1");
    }

    @Test
    void aSourceWhoseDestinationFailsResumesTheGuest() {
        refuse(b, MigrationProcedures.DOMAIN_MIGRATE_FINISH3_PARAMS, "finish");
        MigrationException error = failure(domain.migrate(destination, SPEC));
        assertThat(error.place()).isEqualTo(Place.SOURCE);
        assertThat(steps).containsExactly("begin", "prepare", "perform", "finish", "confirm 1");
    }

    @Test
    void aSourceThatCannotResumeTheGuestHasItPausedPerhaps() {
        refuse(b, MigrationProcedures.DOMAIN_MIGRATE_FINISH3_PARAMS, "finish");
        refuse(a, MigrationProcedures.DOMAIN_MIGRATE_CONFIRM3_PARAMS, "confirm");
        MigrationException error = failure(domain.migrate(destination, SPEC));
        assertThat(error).hasMessageContaining("the guest is on %s, perhaps paused: ".formatted(from()));
        assertThat(error.getSuppressed())
                .singleElement()
                .satisfies(untold -> assertThat(untold).hasMessageContaining("no confirm"));
    }

    @Test
    void aGuestThatHasMovedIsAtTheDestinationWhateverTheSourceSays() {
        refuse(a, MigrationProcedures.DOMAIN_MIGRATE_CONFIRM3_PARAMS, "confirm");
        MigrationException error = failure(domain.migrate(destination, SPEC));
        assertThat(error.place()).isEqualTo(Place.DESTINATION);
        assertThat(error).hasMessageContaining("the guest is on %s already".formatted(to()));
    }

    @Test
    void aSourceThatIsLostMakesTheDestinationGiveUp() {
        a.hangUpAt(MigrationProcedures.DOMAIN_MIGRATE_PERFORM3_PARAMS);
        MigrationException error = failure(domain.migrate(destination, SPEC));
        assertThat(error)
                .hasMessageContaining("the guest is on %s, perhaps paused: ".formatted(from()))
                .hasCauseInstanceOf(ConnectionLostException.class);
        assertThat(error.place()).isEqualTo(Place.SOURCE);
        assertThat(steps).containsExactly("begin", "prepare", "finish 1");
    }

    /** Whether it has started the guest is not known, so the source must not. */
    @Test
    void aDestinationThatIsLostAtTheEndMayHaveTheGuest() {
        b.hangUpAt(MigrationProcedures.DOMAIN_MIGRATE_FINISH3_PARAMS);
        MigrationException error = failure(domain.migrate(destination, SPEC));
        assertThat(error.place()).isEqualTo(Place.UNKNOWN);
        assertThat(error)
                .hasMessageContaining(
                        "the guest runs on %2$s, or is paused on %1$s: look at %2$s".formatted(from(), to()));
        assertThat(steps).containsExactly("begin", "prepare", "perform");
    }

    @Test
    void aDestinationThatIsClosedMakesTheSourceStop() {
        performUntilAborted();
        Migration migration = domain.migrate(destination, SPEC);
        await().until(() -> steps.contains("perform"));
        destination.close();
        MigrationException error = failure(migration);
        assertThat(error)
                .hasMessageEndingWith("and the guest is on %s: the connection to %s has ended".formatted(from(), to()));
        assertThat(error.place()).isEqualTo(Place.SOURCE);
    }

    private void performUntilAborted() {
        a.answer(MigrationProcedures.DOMAIN_MIGRATE_PERFORM3_PARAMS, asked -> {
            steps.add("perform");
            pass(aborted);
            throw new ScriptedError(ErrorCode.OPERATION_ABORTED, "canceled by client");
        });
    }

    private static void pass(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void cancellingWhileItIsSentEndsItOnBothHosts() {
        performUntilAborted();
        Migration migration = domain.migrate(destination, SPEC);
        await().until(() -> steps.contains("perform"));
        migration.cancel().join();
        MigrationException error = failure(migration);
        assertThat(error.isCancelled()).isTrue();
        assertThat(error).hasMessageContaining("was cancelled, and the guest is on " + from());
        assertThat(steps).containsExactly("begin", "prepare", "perform", "finish 1");
    }

    @Test
    void cancellingBeforeItIsSentEndsItOnBothHosts() {
        CountDownLatch wanted = new CountDownLatch(1);
        b.answer(MigrationProcedures.DOMAIN_MIGRATE_PREPARE3_PARAMS, asked -> {
            steps.add("prepare");
            pass(wanted);
            return new DomainMigratePrepare3ParamsResult(bytes("prepared"), "tcp://b:1");
        });
        Migration migration = domain.migrate(destination, SPEC);
        await().until(() -> steps.contains("prepare"));
        var cancelled = migration.cancel();
        wanted.countDown();
        cancelled.join();
        assertThat(failure(migration).isCancelled()).isTrue();
        assertThat(steps).containsExactly("begin", "prepare", "finish 1", "confirm 1");
    }

    @Test
    void aSourceThatRefusesToAbortMovesTheGuest() {
        CountDownLatch refused = new CountDownLatch(1);
        a.answer(JobProcedures.DOMAIN_ABORT_JOB, asked -> {
                    throw new ScriptedError(ErrorCode.OPERATION_INVALID, "cannot abort migration in post-copy mode");
                })
                .answer(MigrationProcedures.DOMAIN_MIGRATE_PERFORM3_PARAMS, asked -> {
                    steps.add("perform");
                    pass(refused);
                    return new DomainMigratePerform3ParamsResult(bytes("performed"));
                });
        Migration migration = domain.migrate(destination, SPEC);
        await().until(() -> steps.contains("perform"));
        assertThatThrownBy(() -> migration.cancel().join()).hasMessageContaining("post-copy");
        refused.countDown();
        assertThat(migration.result().join().libvirt()).isEqualTo(destination);
    }

    @Test
    void anOrderlyCloseWaitsForTheEnd() {
        CountDownLatch closing = new CountDownLatch(1);
        a.answer(MigrationProcedures.DOMAIN_MIGRATE_PERFORM3_PARAMS, asked -> {
            steps.add("perform");
            pass(closing);
            return new DomainMigratePerform3ParamsResult(bytes("performed"));
        });
        Migration migration = domain.migrate(destination, SPEC);
        await().until(() -> steps.contains("perform"));
        var closed = List.of(source.closeAsync(), destination.closeAsync());
        closing.countDown();
        closed.forEach(one -> one.join());
        assertThat(migration.result().join().name()).isEqualTo("web1");
    }

    @Test
    void aHostThatIsTooOldIsNamed() {
        b.answer(ConnectProcedures.CONNECT_SUPPORTS_FEATURE, asked -> new ConnectSupportsFeatureResult(0));
        assertThat(failure(domain.migrate(destination, SPEC)))
                .hasMessageEndingWith(to() + " knows no migration with parameters, which libvirt has since 1.1.0");
        assertThat(steps).isEmpty();
    }

    @Test
    void aSourceThatDirectsIsAskedOnce() {
        b.answer(DomainProcedures.DOMAIN_LOOKUP_BY_UUID, asked -> new DomainLookupByUuidResult(WEB1));
        Domain there = domain.migrate(
                        destination,
                        MigrationSpec.live().peerToPeer("qemu://b/system").build())
                .result()
                .join();
        assertThat(there.libvirt()).isEqualTo(destination);
        assertThat(steps).containsExactly("perform");
    }

    @Test
    void aSourceThatDirectsMayContinueWithoutThisSide() {
        a.hangUpAt(MigrationProcedures.DOMAIN_MIGRATE_PERFORM3_PARAMS);
        MigrationException error = failure(domain.migrate(
                destination, MigrationSpec.live().peerToPeer("qemu://b/system").build()));
        assertThat(error.place()).isEqualTo(Place.UNKNOWN);
        assertThat(error).hasMessageContaining(from() + " may continue it, so the guest is on one of them");
    }

    @Test
    void aSpecChecksWhatDoesNotFit() {
        MigrationSpec spec = MigrationSpec.live().persistentXml("<secret/>").build();
        assertThat(spec.toString()).contains("persistent_xml").doesNotContain("<secret/>");
        assertThatThrownBy(
                        () -> MigrationSpec.live().flags(MigrateFlags.PEER2PEER).build())
                .hasMessageContaining("PEER2PEER needs the destination's URI");
        assertThatThrownBy(
                        () -> MigrationSpec.live().flags(MigrateFlags.TUNNELLED).build())
                .hasMessageContaining("TUNNELLED needs PEER2PEER");
    }
}
