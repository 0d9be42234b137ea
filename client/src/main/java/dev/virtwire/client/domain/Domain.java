// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.domain;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.ProtocolException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.backup.BackupJob;
import dev.virtwire.client.backup.BackupMode;
import dev.virtwire.client.backup.BackupSpec;
import dev.virtwire.client.block.DomainDisk;
import dev.virtwire.client.checkpoint.CheckpointSpec;
import dev.virtwire.client.checkpoint.Checkpoints;
import dev.virtwire.client.event.Event;
import dev.virtwire.client.event.EventKind;
import dev.virtwire.client.migration.Migration;
import dev.virtwire.client.migration.MigrationSpec;
import dev.virtwire.client.snapshot.Snapshots;
import dev.virtwire.client.statistics.DomainStatistics;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.BackupBeginFlags;
import dev.virtwire.protocol.remote.DomainCalls;
import dev.virtwire.protocol.remote.DomainCreateFlags;
import dev.virtwire.protocol.remote.DomainDestroyFlags;
import dev.virtwire.protocol.remote.DomainGetXmlDescResult;
import dev.virtwire.protocol.remote.DomainRebootFlags;
import dev.virtwire.protocol.remote.DomainRef;
import dev.virtwire.protocol.remote.DomainShutdownFlags;
import dev.virtwire.protocol.remote.DomainStatsTypes;
import dev.virtwire.protocol.remote.DomainUndefineFlags;
import dev.virtwire.protocol.remote.DomainXmlFlags;
import dev.virtwire.protocol.remote.JobCalls;
import dev.virtwire.protocol.remote.JobStatsFlags;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * A domain, libvirt's word for a guest. Its identity is its UUID: two of these are equal if connection and UUID are.
 * The object holds no state of the domain; every call asks the server.
 *
 * @since 0.1
 */
public final class Domain {
    private final Libvirt libvirt;
    private final DomainRef ref;

    private Domain(Libvirt libvirt, DomainRef ref) {
        this.libvirt = libvirt;
        this.ref = ref;
    }

    /** The domain that a reference of the protocol names, on this connection; nothing is asked. */
    public static Domain of(Libvirt libvirt, DomainRef ref) {
        return new Domain(libvirt, ref);
    }

    /** The connection. */
    public Libvirt libvirt() {
        return libvirt;
    }

    /** The reference that names the domain in the protocol. */
    public DomainRef ref() {
        return ref;
    }

    /** The name. */
    public String name() {
        return ref.name();
    }

    /** The UUID. */
    public UUID uuid() {
        return ref.uuid();
    }

    /** The id that the domain had when it was looked up; empty if it was not running. */
    public Optional<Integer> id() {
        return ref.id() < 0 ? Optional.empty() : Optional.of(ref.id());
    }

    /**
     * The configuration, as XML ({@code virDomainGetXMLDesc}): of the running domain, or with
     * {@link DomainXmlFlags#INACTIVE} as it will be at the next start.
     */
    public CompletableFuture<String> xml(DomainXmlFlags... flags) {
        return domains().domainGetXmlDesc(ref, Set.of(flags)).thenApply(DomainGetXmlDescResult::xml);
    }

    /** State, memory, CPUs ({@code virDomainGetInfo}). */
    public CompletableFuture<DomainInfo> info() {
        return domains()
                .domainGetInfo(ref)
                .thenApply(info -> new DomainInfo(
                        info.state(),
                        info.maxMem(),
                        info.memory(),
                        info.nrVirtCpu(),
                        Duration.ofNanos(info.cpuTime())));
    }

    /** Whether the domain runs ({@code virDomainIsActive}). */
    public CompletableFuture<Boolean> isActive() {
        return domains().domainIsActive(ref).thenApply(result -> result.active() != 0);
    }

    /** Whether the domain has a stored configuration ({@code virDomainIsPersistent}). */
    public CompletableFuture<Boolean> isPersistent() {
        return domains().domainIsPersistent(ref).thenApply(result -> result.persistent() != 0);
    }

    /** Starts a defined domain ({@code virDomainCreateWithFlags}). */
    public CompletableFuture<Domain> start(DomainCreateFlags... flags) {
        return domains().domainCreateWithFlags(ref, Set.of(flags)).thenApply(result -> of(libvirt, result.domain()));
    }

    /** Asks the guest to shut down ({@code virDomainShutdown}); it may not listen. */
    public CompletableFuture<Void> shutdown() {
        return domains().domainShutdown(ref);
    }

    /**
     * As {@link #shutdown()}, in these ways, of which the hypervisor takes the best ({@code virDomainShutdownFlags}).
     */
    public CompletableFuture<Void> shutdown(Set<DomainShutdownFlags> ways) {
        return domains().domainShutdownFlags(ref, ways);
    }

    /** As {@link #shutdown(Set)}. */
    public CompletableFuture<Void> shutdown(DomainShutdownFlags... ways) {
        return shutdown(Set.of(ways));
    }

    /** Asks the guest to shut down and start again ({@code virDomainReboot}); it may not listen. */
    public CompletableFuture<Void> reboot(DomainRebootFlags... ways) {
        return domains().domainReboot(ref, Set.of(ways));
    }

    /** Starts the guest again at once, as the reset button does ({@code virDomainReset}). */
    public CompletableFuture<Void> reset() {
        return domains().domainReset(ref);
    }

    /** Stops the CPUs ({@code virDomainSuspend}). */
    public CompletableFuture<Void> suspend() {
        return domains().domainSuspend(ref);
    }

    /** Resumes the CPUs ({@code virDomainResume}). */
    public CompletableFuture<Void> resume() {
        return domains().domainResume(ref);
    }

    /** Ends the domain at once ({@code virDomainDestroyFlags}); overtakes waiting calls. */
    public CompletableFuture<Void> destroy(DomainDestroyFlags... flags) {
        return domains().domainDestroyFlags(ref, Set.of(flags));
    }

    /** Removes the stored configuration ({@code virDomainUndefineFlags}). */
    public CompletableFuture<Void> undefine(DomainUndefineFlags... flags) {
        return domains().domainUndefineFlags(ref, Set.of(flags));
    }

    /** How the domain stands, and why ({@code virDomainGetState}). */
    public CompletableFuture<DomainStatus> status() {
        return domains().domainGetState(ref).thenApply(result -> new DomainStatus(result.state(), result.reason()));
    }

    /** Whether the domain is started with the daemon ({@code virDomainGetAutostart}). */
    public CompletableFuture<Boolean> autostart() {
        return domains().domainGetAutostart(ref).thenApply(result -> result.autostart() != 0);
    }

    /** Says whether the domain is started with the daemon ({@code virDomainSetAutostart}). */
    public CompletableFuture<Void> setAutostart(boolean autostart) {
        return domains().domainSetAutostart(ref, autostart ? 1 : 0);
    }

    /** Renames an inactive domain ({@code virDomainRename}). */
    public CompletableFuture<Domain> rename(String name) {
        return domains()
                .domainRename(ref, name)
                .thenApply(done -> of(libvirt, new DomainRef(name, ref.uuid(), ref.id())));
    }

    /**
     * All figures of these kinds ({@code virDomainListGetStats}); of none for every kind that the server knows.
     *
     * @return fails with {@link ErrorCode#NO_DOMAIN} if the domain is gone
     */
    public CompletableFuture<DomainStatistics> statistics(DomainStatsTypes... kinds) {
        return libvirt.statistics(List.of(this), Set.of(kinds), Set.of())
                .thenApply(records -> records.stream()
                        .findFirst()
                        .orElseThrow(() -> new ProtocolException(
                                "the statistics of %s on %s: the server sent none"
                                        .formatted(name(), libvirt.uri().where()),
                                null)));
    }

    // ---- its parts

    /** A disk, by its target such as {@code vda}, or by the path of its source; nothing is asked. */
    public DomainDisk disk(String target) {
        return DomainDisk.of(this, target);
    }

    /** Its memory: size, figures, limits. */
    public DomainMemory memory() {
        return new DomainMemory(this);
    }

    /** Its virtual CPUs: how many, their figures and their places. */
    public DomainVcpus vcpus() {
        return new DomainVcpus(this);
    }

    /** Its network interfaces: addresses, figures, limits. */
    public DomainInterfaces interfaces() {
        return new DomainInterfaces(this);
    }

    /** Plugs and unplugs devices. */
    public DomainDevices devices() {
        return new DomainDevices(this);
    }

    /** Its title, its description, and what programs note at it. */
    public DomainMetadata metadata() {
        return new DomainMetadata(this);
    }

    /** How much of the host it gets. */
    public DomainTuning tuning() {
        return new DomainTuning(this);
    }

    /** Its memory on the host's disk: saved, or dumped. */
    public SavedState saved() {
        return new SavedState(this);
    }

    /** Its consoles, channels and screens. */
    public DomainConsoles consoles() {
        return new DomainConsoles(this);
    }

    /** Its snapshots. */
    public Snapshots snapshots() {
        return Snapshots.of(this);
    }

    /** Its checkpoints. */
    public Checkpoints checkpoints() {
        return Checkpoints.of(this);
    }

    /** The agent that runs in the guest. */
    public GuestAgent agent() {
        return new GuestAgent(this);
    }

    // ---- jobs and backup

    /**
     * What the current job is and how far it has come ({@code virDomainGetJobStats}). With
     * {@link JobStatsFlags#COMPLETED}: how the last one ended, forgotten once read unless
     * {@link JobStatsFlags#KEEP_COMPLETED} is given too.
     */
    public CompletableFuture<JobStatistics> jobStatistics(JobStatsFlags... flags) {
        return jobs().domainGetJobStats(ref, Set.of(flags))
                .thenApply(result -> JobStatistics.of(result.type(), result.params()));
    }

    /**
     * Aborts the current job, whatever it is ({@code virDomainAbortJob}); overtakes waiting calls. The job may still
     * run for a moment when this completes.
     */
    public CompletableFuture<Void> abortJob() {
        return jobs().domainAbortJob(ref);
    }

    /** Begins a backup without a checkpoint: {@link #beginBackup(BackupSpec, CheckpointSpec, Set)}. */
    public CompletableFuture<BackupJob> beginBackup(BackupSpec backup) {
        return beginBackup(backup, null, Set.of());
    }

    /**
     * Begins a point-in-time backup of a running domain ({@code virDomainBackupBegin}), and with a checkpoint's
     * specification makes that checkpoint at exactly the same moment, as if made on its own, for later increments.
     *
     * <p>A backup is the domain's job, exclusive with every other one: while another is active, libvirt waits 30 s and
     * then fails with {@link ErrorCode#OPERATION_TIMEOUT}, so ask {@link #jobStatistics} first. Push mode ends by
     * itself; a pull backup serves the disks over NBD until {@link BackupJob#finish()}. Its end is announced by
     * {@link BackupJob#completion()}.
     *
     * @param backup what is backed up; a name in it may come from {@link BackupJob#description()} if libvirt is to
     *     choose
     * @param checkpoint the checkpoint to make, or null. Disks in a format without persistent bitmaps (raw) cannot have
     *     one
     * @param flags {@link BackupBeginFlags#REUSE_EXTERNAL}: targets or scratch files are there already, in the right
     *     format and size
     * @return the job; fails with {@link RemoteException} if libvirt refuses it: the domain is not running, the
     *     connection is read-only, the driver has no support, an image is in the way. If the caller gave up before
     *     the reply, a job that began anyway is aborted
     */
    public CompletableFuture<BackupJob> beginBackup(
            BackupSpec backup, @Nullable CheckpointSpec checkpoint, Set<BackupBeginFlags> flags) {
        return BackupJob.begin(
                this, backup.mode(), backup.toXml(), checkpoint == null ? null : checkpoint.toXml(), flags);
    }

    /** As {@link #beginBackup(BackupSpec, CheckpointSpec, Set)}. */
    public CompletableFuture<BackupJob> beginBackup(
            BackupSpec backup, @Nullable CheckpointSpec checkpoint, BackupBeginFlags... flags) {
        return beginBackup(backup, checkpoint, Set.of(flags));
    }

    /**
     * As {@link #beginBackup(BackupSpec, CheckpointSpec, Set)}, with the XML as it is to be sent. The server judges it:
     * malformed XML fails with {@link ErrorCode#XML_DETAIL}, a schema violation with
     * {@link ErrorCode#XML_INVALID_SCHEMA}.
     *
     * @param backupXml a {@code <domainbackup>}
     * @param checkpointXml a {@code <domaincheckpoint>}, or null
     */
    public CompletableFuture<BackupJob> beginBackup(
            BackupMode mode, String backupXml, @Nullable String checkpointXml, Set<BackupBeginFlags> flags) {
        return BackupJob.begin(this, mode, backupXml, checkpointXml, flags);
    }

    /**
     * The configuration of the backup that runs, with what libvirt chose if the caller gave nothing
     * ({@code virDomainBackupGetXMLDesc}). Allowed on a read-only connection.
     *
     * @return fails with {@link ErrorCode#NO_DOMAIN_BACKUP} if no backup runs
     */
    public CompletableFuture<String> backupXml() {
        return jobs().domainBackupGetXmlDesc(ref).thenApply(result -> result.xml());
    }

    /** As {@link #backupXml()}, parsed; empty if no backup runs. */
    public CompletableFuture<Optional<BackupSpec>> activeBackup() {
        return BackupJob.active(this);
    }

    /**
     * The backup that runs, to watch and to end, as if this process had begun it: after a lost connection, or in
     * another process. Fails with {@link ErrorCode#NO_DOMAIN_BACKUP} if no backup runs.
     */
    public CompletableFuture<BackupJob> attachBackup() {
        return BackupJob.attach(this);
    }

    // ---- migration

    /**
     * Begins to move the domain to another host ({@code virDomainMigrate3}), and returns at once.
     *
     * @param destination a connection to that host, which stays open until the migration has ended
     * @param spec how
     * @return what watches it, changes its pace, and cancels it
     */
    public Migration migrate(Libvirt destination, MigrationSpec spec) {
        return Migration.begin(this, destination, spec);
    }

    // ---- events

    /** As {@link Libvirt#events(EventKind)}, of this domain. */
    public <E extends Event> Flow.Publisher<E> events(EventKind<Domain, E> kind) {
        return libvirt.events(kind, this);
    }

    /** As {@link Libvirt#events(Collection)}, of this domain. */
    public <E extends Event> Flow.Publisher<E> events(Collection<? extends EventKind<Domain, ? extends E>> kinds) {
        return libvirt.events(kinds, this);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Domain domain
                && domain.libvirt.equals(libvirt)
                && domain.uuid().equals(uuid());
    }

    @Override
    public int hashCode() {
        return Objects.hash(uuid());
    }

    /** Name and UUID. */
    @Override
    public String toString() {
        return name() + " (" + uuid() + ")";
    }

    private DomainCalls domains() {
        return new DomainCalls(libvirt);
    }

    private JobCalls jobs() {
        return new JobCalls(libvirt);
    }
}
