// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.migration;

import dev.virtwire.client.ConnectionLostException;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.MigrationException;
import dev.virtwire.client.MigrationException.Place;
import dev.virtwire.client.ProtocolException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.domain.JobStatistics;
import dev.virtwire.client.internal.access.LibvirtAccess;
import dev.virtwire.client.params.TypedParameter;
import dev.virtwire.client.params.TypedParameters;
import dev.virtwire.protocol.CallOptions;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.DomainMigrateBegin3ParamsResult;
import dev.virtwire.protocol.remote.DomainMigrateFinish3ParamsResult;
import dev.virtwire.protocol.remote.DomainMigrateGetMaxDowntimeResult;
import dev.virtwire.protocol.remote.DomainMigrateGetMaxSpeedResult;
import dev.virtwire.protocol.remote.DomainMigratePrepare3ParamsResult;
import dev.virtwire.protocol.remote.DomainState;
import dev.virtwire.protocol.remote.Feature;
import dev.virtwire.protocol.remote.MigrateFlags;
import dev.virtwire.protocol.remote.MigrateMaxSpeedFlags;
import dev.virtwire.protocol.remote.MigrationCalls;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A domain that moves to another host. {@link Domain#migrate} begins it, and it runs by itself: the source begins,
 * the destination prepares, the source performs, the destination finishes, the source confirms, as libvirt's own client
 * has it. However it ends, both hosts are told, so that none of them keeps a part of the guest.
 *
 * <p>The data goes from host to host. This side only directs, on both connections, so neither may be closed meanwhile;
 * {@link Libvirt#closeAsync} waits for the end. With {@link MigrationSpec.Builder#peerToPeer} the source's libvirtd
 * directs, and continues if this client is gone.
 *
 * @since 0.1
 */
public final class Migration {
    /** The hosts take what time they need; a dead one is found by keepalive. */
    private static final CallOptions UNHURRIED = CallOptions.within(Duration.ofDays(36_500));

    /** How long until the source is asked again: an abort that comes before QEMU has begun may be forgotten. */
    private static final Duration ABORT_AGAIN = Duration.ofSeconds(1);

    /** How often a source may refuse to abort before it is believed. */
    private static final int REFUSALS = 3;

    private static final byte[] NO_COOKIE = {};

    private enum Phase {
        BEFORE,
        PERFORM,
        AFTER
    }

    private final Domain domain;
    private final Libvirt destination;
    private final MigrationSpec spec;
    private final MigrationCalls source;
    private final MigrationCalls target;
    private final CompletableFuture<Domain> result;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    private volatile Phase phase = Phase.BEFORE;
    private volatile boolean cancelWanted;

    /** The spec's, or with PAUSED for a guest that is. */
    private volatile long flags;

    /** They grow by what the steps find out. */
    private volatile TypedParameters parameters;

    private Migration(Domain domain, Libvirt destination, MigrationSpec spec) {
        this.domain = domain;
        this.destination = destination;
        this.spec = spec;
        this.source = new MigrationCalls(domain.libvirt().with(UNHURRIED));
        this.target = new MigrationCalls(destination.with(UNHURRIED));
        this.flags = MigrateFlags.bits(spec.flags());
        this.parameters = spec.parameters();
        this.result = LibvirtAccess.to(domain.libvirt()).newFuture();
    }

    /** Begins one; {@link Domain#migrate} documents it. */
    public static Migration begin(Domain domain, Libvirt destination, MigrationSpec spec) {
        Migration migration = new Migration(domain, destination, spec);
        LibvirtAccess.to(domain.libvirt()).closeWaitsFor(migration.ended);
        LibvirtAccess.to(destination).closeWaitsFor(migration.ended);
        CompletableFuture<Domain> moved = spec.peerUri() == null ? migration.direct() : migration.peerToPeer();
        moved.whenComplete((there, failure) -> {
            migration.phase = Phase.AFTER;
            if (failure == null) {
                migration.result.complete(there);
            } else {
                migration.result.completeExceptionally(LibvirtException.unwrap(failure));
            }
            migration.ended.complete(null);
        });
        return migration;
    }

    /** The domain as it was named at the source. */
    public Domain domain() {
        return domain;
    }

    /**
     * Completes at the end, with the domain at the destination. Fails with {@link MigrationException}, which says where
     * the guest is. Cancelling it does nothing to the migration: {@link #cancel} does.
     */
    public CompletableFuture<Domain> result() {
        return result.copy();
    }

    /** How far it has come, from the source ({@code virDomainGetJobStats}). */
    public CompletableFuture<JobStatistics> progress() {
        return domain.jobStatistics();
    }

    /**
     * Cancels it ({@code virDomainAbortJob}). The guest stays at the source, and the destination gives up what it has.
     * If the guest has moved already, this changes nothing: {@link #result} says how it ended.
     *
     * @return completes when the migration has ended; fails if the source refuses, as it does in post-copy
     */
    public CompletableFuture<Void> cancel() {
        cancelWanted = true;
        CompletableFuture<Void> told = LibvirtAccess.to(domain.libvirt()).newFuture();
        ended.thenRun(() -> told.complete(null));
        abort(told, 0);
        return told;
    }

    /**
     * Lets the guest run at the destination from now on; its memory follows ({@code virDomainMigrateStartPostCopy}).
     */
    public CompletableFuture<Void> startPostCopy() {
        return new MigrationCalls(domain.libvirt()).domainMigrateStartPostCopy(domain.ref());
    }

    /** How long the guest may stand still at the end ({@code virDomainMigrateGetMaxDowntime}). */
    public CompletableFuture<Duration> maxDowntime() {
        return new MigrationCalls(domain.libvirt())
                .domainMigrateGetMaxDowntime(domain.ref())
                .thenApply(DomainMigrateGetMaxDowntimeResult::downtime)
                .thenApply(Duration::ofMillis);
    }

    /** Says how long the guest may stand still at the end ({@code virDomainMigrateSetMaxDowntime}). */
    public CompletableFuture<Void> setMaxDowntime(Duration longest) {
        return new MigrationCalls(domain.libvirt()).domainMigrateSetMaxDowntime(domain.ref(), longest.toMillis());
    }

    /** The most that is sent, in MiB a second ({@code virDomainMigrateGetMaxSpeed}). */
    public CompletableFuture<Long> bandwidth(MigrateMaxSpeedFlags... of) {
        return new MigrationCalls(domain.libvirt())
                .domainMigrateGetMaxSpeed(domain.ref(), Set.of(of))
                .thenApply(DomainMigrateGetMaxSpeedResult::bandwidth);
    }

    /** Says how much is sent at most, in MiB a second ({@code virDomainMigrateSetMaxSpeed}). */
    public CompletableFuture<Void> setBandwidth(long mibPerSecond, MigrateMaxSpeedFlags... of) {
        return new MigrationCalls(domain.libvirt()).domainMigrateSetMaxSpeed(domain.ref(), mibPerSecond, Set.of(of));
    }

    /** Domain, source and destination. */
    @Override
    public String toString() {
        return "the migration of %s from %s to %s".formatted(domain.name(), from(), to());
    }

    // ---- directed by the source's host

    private CompletableFuture<Domain> peerToPeer() {
        phase = Phase.PERFORM;
        return source.domainMigratePerform3Params(
                        domain.ref(), spec.peerUri(), parameters.toWire(), NO_COOKIE, flags(0))
                .handle((performed, failure) -> {
                    phase = Phase.AFTER;
                    if (failure == null) {
                        return destination.domain(domain.uuid()).exceptionally(untold -> {
                            throw failed(Place.DESTINATION, "and the guest is on " + to(), untold);
                        });
                    }
                    throw isAnswer(failure)
                            ? stayed(failure, true, null)
                            : failed(
                                    Place.UNKNOWN,
                                    "but %s may continue it, so the guest is on one of them".formatted(from()),
                                    failure);
                })
                .thenCompose(Function.identity());
    }

    // ---- directed by this side

    private CompletableFuture<Domain> direct() {
        return able(domain.libvirt())
                .thenCompose(able -> able(destination))
                .thenCompose(able -> source.domainMigrateBegin3Params(
                        domain.ref(), parameters.toWire(), flags(MigrateFlags.CHANGE_PROTECTION.bit())))
                .handle((begun, failure) -> {
                    if (failure != null) {
                        throw stayed(failure, true, null);
                    }
                    return prepare(begun);
                })
                .thenCompose(Function.identity());
    }

    private static CompletableFuture<Void> able(Libvirt host) {
        return host.supports(Feature.MIGRATION_PARAMS).thenAccept(able -> {
            if (!able) {
                throw new UnsupportedOperationException(
                        host.uri().where() + " knows no migration with parameters, which libvirt has since 1.1.0");
            }
        });
    }

    /** From here on the source has a job, which a confirmation ends. */
    private CompletableFuture<Domain> prepare(DomainMigrateBegin3ParamsResult begun) {
        return domain.status()
                .thenCompose(status -> {
                    if (cancelWanted) {
                        throw new CancellationException("before the destination was asked");
                    }
                    if (status.state().filter(DomainState.PAUSED::equals).isPresent()) {
                        flags |= MigrateFlags.PAUSED.bit();
                    }
                    parameters = with("destination_xml", begun.xml());
                    return target.domainMigratePrepare3Params(parameters.toWire(), begun.cookieOut(), targetFlags());
                })
                .handle((prepared, failure) -> failure == null ? perform(prepared) : endAtSource(failure, null))
                .thenCompose(Function.identity());
    }

    /** From here on the destination has a guest that waits, which finishing ends. */
    private CompletableFuture<Domain> perform(DomainMigratePrepare3ParamsResult prepared) {
        byte[] cookie = prepared.cookieOut();
        if (cancelWanted) {
            return endAtBoth(cookie, new CancellationException("before the guest was sent"));
        }
        String uri = prepared.uriOut();
        if (uri != null) {
            parameters = with("migrate_uri", uri);
        } else if (parameters.text("migrate_uri").isEmpty()) {
            return endAtBoth(cookie, new ProtocolException(to() + " does not say where it waits for the data", null));
        }
        if (spec.flags().contains(MigrateFlags.OFFLINE)) {
            return finish(NO_COOKIE);
        }
        phase = Phase.PERFORM;
        destination.closed().thenRun(() -> abort(new CompletableFuture<>(), 0));
        return source.domainMigratePerform3Params(
                        domain.ref(), null, parameters.toWire(), cookie, flags(MigrateFlags.CHANGE_PROTECTION.bit()))
                .handle((performed, failure) -> {
                    phase = Phase.AFTER;
                    return failure == null ? finish(performed.cookieOut()) : endAtDestination(failure);
                })
                .thenCompose(Function.identity());
    }

    /** The source has sent it all. */
    private CompletableFuture<Domain> finish(byte[] cookie) {
        return finishWith(cookie, false)
                .handle((finished, failure) -> {
                    if (failure == null) {
                        return confirmed(finished);
                    }
                    if (isAnswer(failure)) {
                        return endAtSource(failure, null);
                    }
                    // It must not run twice on the same disks, so nobody resumes the one at the source.
                    throw failed(
                            Place.UNKNOWN,
                            "and the guest runs on %2$s, or is paused on %1$s: look at %2$s before you resume it on %1$s"
                                    .formatted(from(), to()),
                            failure);
                })
                .thenCompose(Function.identity());
    }

    private CompletableFuture<Domain> confirmed(DomainMigrateFinish3ParamsResult finished) {
        return confirm(finished.cookieOut(), false).handle((confirmed, failure) -> {
            if (failure != null) {
                throw failed(
                        Place.DESTINATION,
                        "but the guest is on %2$s already: what %1$s may have of it, paused, is to be destroyed"
                                .formatted(from(), to()),
                        failure);
            }
            return Domain.of(destination, finished.domain());
        });
    }

    // ---- how it fails

    /** The source has not sent it, and has ended its job if it says so. */
    private CompletableFuture<Domain> endAtDestination(Throwable failure) {
        Throwable reason = destination.isClosed()
                ? new ConnectionLostException("the connection to %s has ended".formatted(to()), failure)
                : failure;
        return finishWith(NO_COOKIE, true).handle((finished, untold) -> {
            throw stayed(reason, isAnswer(failure), useful(untold));
        });
    }

    private CompletableFuture<Domain> endAtBoth(byte[] cookie, Throwable reason) {
        return finishWith(cookie, true)
                .handle((finished, untold) -> endAtSource(reason, useful(untold)))
                .thenCompose(Function.identity());
    }

    private CompletableFuture<Domain> endAtSource(Throwable reason, @Nullable Throwable untold) {
        return confirm(NO_COOKIE, true).handle((confirmed, failure) -> {
            throw stayed(reason, failure == null, failure == null ? untold : failure);
        });
    }

    /** A destination that gives up as told answers with an error of its own. */
    private static @Nullable Throwable useful(@Nullable Throwable failure) {
        return failure != null
                        && LibvirtException.unwrap(failure) instanceof RemoteException remote
                        && remote.is(ErrorCode.MIGRATE_FINISH_OK)
                ? null
                : failure;
    }

    private CompletableFuture<DomainMigrateFinish3ParamsResult> finishWith(byte[] cookie, boolean cancelled) {
        TypedParameters named =
                parameters.text("destination_name").isPresent() ? parameters : with("destination_name", domain.name());
        return target.domainMigrateFinish3Params(named.toWire(), cookie, targetFlags(), cancelled ? 1 : 0);
    }

    private CompletableFuture<Void> confirm(byte[] cookie, boolean cancelled) {
        return source.domainMigrateConfirm3Params(
                domain.ref(),
                parameters.toWire(),
                cookie,
                flags(MigrateFlags.CHANGE_PROTECTION.bit()),
                cancelled ? 1 : 0);
    }

    /**
     * Tells the source, again and again while it performs. Before that the next step asks for the wish.
     *
     * @param told fails if the source refuses; it may, for a moment, because it has not begun
     */
    private void abort(CompletableFuture<Void> told, int refusals) {
        if (phase == Phase.BEFORE) {
            abortAgain(told, refusals);
        } else if (phase == Phase.PERFORM) {
            domain.abortJob().whenComplete((aborted, refusal) -> {
                if (refusal == null || refusals < REFUSALS) {
                    abortAgain(told, refusal == null ? refusals : refusals + 1);
                } else if (phase == Phase.PERFORM) {
                    cancelWanted = false;
                    told.completeExceptionally(LibvirtException.unwrap(refusal));
                }
            });
        }
    }

    private void abortAgain(CompletableFuture<Void> told, int refusals) {
        LibvirtAccess.to(domain.libvirt()).later(ABORT_AGAIN, () -> abort(told, refusals));
    }

    // ---- what the steps have in common

    private Set<MigrateFlags> flags(long more) {
        return MigrateFlags.raw(flags | more);
    }

    /** The destination refuses those that are about the source alone. */
    private Set<MigrateFlags> targetFlags() {
        return MigrateFlags.raw(flags & ~(MigrateFlags.ABORT_ON_ERROR.bit() | MigrateFlags.AUTO_CONVERGE.bit()));
    }

    private TypedParameters with(String name, String value) {
        List<TypedParameter> all = new ArrayList<>(parameters.asList());
        all.removeIf(parameter -> parameter.name().equals(name));
        all.add(new TypedParameter.OfString(name, value));
        return TypedParameters.of(all);
    }

    private static boolean isAnswer(Throwable failure) {
        return LibvirtException.unwrap(failure) instanceof RemoteException;
    }

    private String from() {
        return domain.libvirt().uri().where();
    }

    private String to() {
        return destination.uri().where();
    }

    /** {@code known}: whether the source has said so. */
    private MigrationException stayed(Throwable reason, boolean known, @Nullable Throwable untold) {
        MigrationException error =
                failed(Place.SOURCE, "and the guest is on " + from() + (known ? "" : ", perhaps paused"), reason);
        if (untold != null) {
            error.addSuppressed(LibvirtException.unwrap(untold));
        }
        return error;
    }

    private MigrationException failed(Place place, String where, Throwable failure) {
        Throwable cause = LibvirtException.unwrap(failure);
        return new MigrationException(
                "%s %s, %s: %s".formatted(this, cancelWanted ? "was cancelled" : "failed", where, cause.getMessage()),
                place,
                cancelWanted,
                cause);
    }
}
