// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import static java.util.Objects.requireNonNull;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.internal.host.Quiesce;
import dev.virtwire.backup.internal.host.RefusedException;
import dev.virtwire.backup.internal.host.Waiting;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.backup.BackupJob;
import dev.virtwire.client.backup.NbdServer;
import dev.virtwire.client.checkpoint.CheckpointDisk;
import dev.virtwire.client.checkpoint.CheckpointSpec;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.protocol.CallOptions;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.BackupBeginFlags;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks libvirt to begin; if need be again, with another port or a checkpoint of fewer disks. */
final class JobBegin {
    private static final Logger LOG = LoggerFactory.getLogger(JobBegin.class);
    private static final int PROBE_MILLIS = 500;

    /** VIR_DOMAIN_BACKUP_BEGIN_PRESERVE_SHUTDOWN_DOMAIN, which is newer than the protocol's tables. */
    private static final Set<BackupBeginFlags> KEEPING_GUEST = BackupBeginFlags.raw(2);

    /** What a call that begins a job may take, as long as there is nothing to encrypt. */
    private static final Duration BEGINNING = Duration.ofSeconds(90);
    /**
     * For each file that QEMU encrypts it makes a key, on one thread and on purpose slowly: 5 s if that has a core, and
     * minutes on a host that is busy.
     */
    private static final Duration ENCRYPTING = Duration.ofMinutes(5);
    /** The same while the guest's file systems are frozen. */
    private static final Duration ENCRYPTING_FROZEN = Duration.ofSeconds(20);

    /** Before it makes a key, QEMU 7.2 to 9.2 looks at its clock, and gives up if that stood still meanwhile. */
    private static final String UNMEASURED = "Unable to get accurate CPU usage";
    /** How often it may try that again. */
    private static final int MEASUREMENTS = 20;

    private static final String NO_BITMAPS = "Cannot store dirty bitmaps in qcow2 v2 files";

    private final Attempt attempt;
    private final Domain domain;
    private final Runnable requireNotCancelled;
    private TransferPlan plan;
    private int port;
    private Instant began = Instant.EPOCH;
    private @Nullable Duration frozen;

    /**
     * On {@code domain}, which serves the disks.
     *
     * @param requireNotCancelled throws if nobody wants the job any more
     */
    JobBegin(Attempt attempt, Domain domain, Runnable requireNotCancelled) {
        this.attempt = attempt;
        this.plan = attempt.plan();
        this.domain = domain;
        this.requireNotCancelled = requireNotCancelled;
    }

    /**
     * Begins.
     *
     * @return the attempt with the job, and the plan as it was carried out
     * @throws LostBitmapException if libvirt cannot tell what changed on some of the disks
     * @throws RefusedException if it refuses for another reason
     */
    Attempt begin() throws IOException {
        try {
            BackupJob job = tryAll();
            return attempt.begun(plan, new Attempt.Begun(job, began, port, frozen, false));
        } catch (RemoteException e) {
            throw new RefusedException(
                    e.getMessage() + remedy(String.valueOf(e.details().message())),
                    e,
                    // Another client's job began in the last moment, and libvirt has waited for its end.
                    e.is(ErrorCode.OPERATION_TIMEOUT));
        }
    }

    private String remedy(String text) {
        if (text.contains("NBD server already running")) {
            return ". Unless another program exports the guest's disks, a libvirtd that died while it began a backup has"
                    + " left that server in QEMU: 'virsh qemu-monitor-command " + domain.name()
                    + " --hmp nbd_server_stop' ends it";
        }
        if (text.contains("secret") && plan.encrypted() > 0) {
            return ". What the host writes for the backup of an encrypted disk is encrypted with the disk's secret,"
                    + " which has to be there with its value";
        }
        boolean tls = plan.path() instanceof DataPath.Ports ports && ports.tls();
        return tls && text.contains("credentials")
                ? ". QEMU serves the disks by TLS and needs ca-cert.pem, server-cert.pem and server-key.pem in the"
                        + " host's folder that qemu.conf names as backup_tls_x509_cert_dir"
                : "";
    }

    private BackupJob tryAll() throws IOException {
        try {
            return frozenOrNot();
        } catch (RemoteException e) {
            String text = String.valueOf(e.details().message());
            if (plan.checkpoint() != null && text.contains(NO_BITMAPS)) {
                removeCheckpoint(Waiting::await);
                Set<String> keeping = thatKeepBitmaps();
                if (!keeping.equals(plan.tracked())) {
                    plan = plan.tracking(keeping);
                    return tryAll();
                }
            }
            if (e.is(ErrorCode.CHECKPOINT_INCONSISTENT)) {
                throw new LostBitmapException(lost(text), e);
            }
            throw e;
        }
    }

    private BackupJob frozenOrNot() throws IOException {
        // The file systems of a guest that is off are at rest.
        if (!attempt.request().quiesce() || attempt.facts().isOff()) {
            return tryPorts(Waiting::await);
        }
        if (plan.path() instanceof DataPath.Ports ports) {
            port = firstFree(ports);
        }
        Quiesce quiesce = new Quiesce(domain, attempt.store().journal(), attempt.entry());
        BackupJob job = quiesce.during(this::tryPorts, ENCRYPTING_FROZEN.multipliedBy(plan.encrypted()));
        frozen = quiesce.frozen();
        return job;
    }

    private BackupJob tryPorts(Quiesce.Patience patience) {
        if (plan.path() instanceof DataPath.Ports ports) {
            for (port = Math.max(port, ports.listen().firstPort());
                    port <= ports.listen().lastPort();
                    port++) {
                BackupJob job = tryOnce(ports.server(port), patience);
                if (job != null) {
                    return job;
                }
            }
            throw new BackupException("every port from " + ports.listen().firstPort() + " to "
                    + ports.listen().lastPort() + " of " + ports.listen().address()
                    + " is in use on the host: choose others by --nbd");
        }
        BackupJob job = tryOnce(plan.path() == null ? null : plan.path().server(0), patience);
        if (job == null) {
            throw new BackupException("the host says that the socket " + plan.socket() + " is in use");
        }
        return job;
    }

    /** Null if the port is in use. */
    private @Nullable BackupJob tryOnce(@Nullable NbdServer server, Quiesce.Patience patience) {
        for (int left = MEASUREMENTS; ; left--) {
            requireNotCancelled.run();
            try {
                return patience.await(beginBackup(server));
            } catch (RemoteException e) {
                String text = String.valueOf(e.details().message());
                if (text.contains("Address already in use") || text.contains("Failed to find an available port")) {
                    removeCheckpoint(patience);
                    return null;
                }
                if (left == 0 || !text.contains(UNMEASURED)) {
                    throw e;
                }
                LOG.debug("QEMU could not measure how fast {}'s host is; it tries again", domain.name(), e);
                removeCheckpoint(patience);
            }
        }
    }

    /** The first port that nobody answers at: a frozen guest is not to wait while the others are tried. */
    private static int firstFree(DataPath.Ports ports) {
        for (int port = ports.listen().firstPort(); port <= ports.listen().lastPort(); port++) {
            try (Socket probe = new Socket()) {
                probe.connect(new InetSocketAddress(ports.reach(), port), PROBE_MILLIS);
            } catch (IOException e) {
                LOG.debug("port {} of {} is probably free", port, ports.reach(), e);
                return port;
            }
        }
        return ports.listen().firstPort();
    }

    /** One old image would cost all disks their checkpoint, and the error does not say which one it is. */
    private Set<String> thatKeepBitmaps() {
        String name = requireNonNull(plan.checkpoint());
        Set<String> keeping = new LinkedHashSet<>();
        for (String target : plan.tracked()) {
            try {
                CheckpointSpec alone = CheckpointSpec.of(name, List.of(CheckpointDisk.of(target)));
                Waiting.await(Waiting.await(domain.checkpoints().create(alone)).delete());
                keeping.add(target);
            } catch (RemoteException e) {
                if (!String.valueOf(e.details().message()).contains(NO_BITMAPS)) {
                    throw e;
                }
            }
        }
        return keeping;
    }

    /** The disks that an error names, or all that need a bitmap if it names no disk. */
    private Map<String, String> lost(String text) {
        Set<String> byBitmap = plan.choice().byBitmap();
        Set<String> named = named(text, byBitmap);
        Map<String, String> lost = new LinkedHashMap<>();
        for (ChosenDisk disk : plan.disks()) {
            if (byBitmap.contains(disk.target()) && (named.isEmpty() || named.contains(disk.target()))) {
                lost.put(disk.target(), "the host cannot tell what changed: " + text);
            }
        }
        return lost;
    }

    /** The targets that are words of a text, in whatever language and between whatever quotes. */
    static Set<String> named(String text, Set<String> targets) {
        return targets.stream()
                .filter(target -> Pattern.compile(
                                "(?<![\\w.-])" + Pattern.quote(target) + "(?![\\w-])", Pattern.UNICODE_CHARACTER_CLASS)
                        .matcher(text)
                        .find())
                .collect(Collectors.toSet());
    }

    private CompletableFuture<BackupJob> beginBackup(@Nullable NbdServer server) {
        began = attempt.store().now();
        Set<BackupBeginFlags> flags = attempt.facts().keepsGuest() ? KEEPING_GUEST : Set.of();
        return plan.encrypted() == 0
                ? domain.beginBackup(plan.backup(server), plan.checkpointSpec(), flags)
                : BackupJob.begin(
                        domain,
                        CallOptions.within(BEGINNING.plus(ENCRYPTING.multipliedBy(plan.encrypted()))),
                        plan.backup(server),
                        plan.checkpointSpec(),
                        flags);
    }

    /** libvirt keeps the checkpoint of a backup whose export does not start. */
    private void removeCheckpoint(Quiesce.Patience patience) {
        String name = plan.checkpoint();
        if (name == null) {
            return;
        }
        try {
            patience.await(patience.await(domain.checkpoints().find(name)).delete());
        } catch (RemoteException e) {
            if (!e.is(ErrorCode.NO_DOMAIN_CHECKPOINT)) {
                throw e;
            }
        }
    }
}
