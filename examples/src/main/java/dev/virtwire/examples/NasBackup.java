// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.examples;

import static dev.virtwire.client.Libvirt.await;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.BackupResult;
import dev.virtwire.backup.Backups;
import dev.virtwire.backup.DomainBusyException;
import dev.virtwire.backup.HostRestoreRequest;
import dev.virtwire.backup.HostRestoreResult;
import dev.virtwire.backup.RecoverReport;
import dev.virtwire.backup.RestoreTarget;
import dev.virtwire.client.CallTimeoutException;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.storage.StorageVolume;
import dev.virtwire.protocol.remote.DomainUndefineFlags;
import dev.virtwire.repository.DomainPoints;
import dev.virtwire.repository.ImageFormat;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Operation;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.PointVerdict;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.PruneRequest;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RepositoryBusyException;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.VerifyReport;
import dev.virtwire.repository.VerifyRequest;
import dev.virtwire.repository.manifest.Level;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.xpath.XPathException;
import javax.xml.xpath.XPathFactory;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/**
 * What the agent of a cloud does on its host to back instances up onto a share, as one class. It stands for what Apache
 * CloudStack's NAS plugin for KVM does by the script {@code nasbackup.sh} and the classes that call it and restore.
 *
 * <table>
 * <caption>What it stands for</caption>
 * <tr><th>There</th><th>Here</th></tr>
 * <tr><td>{@code -o backup}: {@code virsh domblklist} through awk, XML by echo, {@code backup-begin}, and {@code
 *     domjobinfo} every five seconds; {@code qemu-img convert} if the instance is off</td><td>{@link #takeBackup}, for
 *     both</td></tr>
 * <tr><td>{@code -q}: freeze and thaw by {@code qemu-agent-command}</td><td>its {@code quiesce}</td></tr>
 * <tr><td>{@code -M incremental}: names of bitmaps, {@code checkpoint-create}, {@code qemu-img rebase}, with the chain
 *     in the manager's database</td><td>nothing to say: each backup is as incremental as is safe</td></tr>
 * <tr><td>the output of {@code du} and {@code domjobinfo}, parsed</td><td>{@link Answer}</td></tr>
 * <tr><td>{@code -o delete}: {@code rm -rf}</td><td>{@link #deleteBackup}</td></tr>
 * <tr><td>{@code -o stats}: {@code df}</td><td>{@link #stats}</td></tr>
 * <tr><td>a volume back: {@code qemu-img check}, {@code rsync} or {@code convert}, and {@code virsh attach-disk} as the
 *     disk after the last one of {@code domblklist}</td><td>{@link #restoreVolume}</td></tr>
 * <tr><td>an instance back, that is there or not</td><td>{@link #restoreInstance}, {@link #recreateInstance}</td></tr>
 * </table>
 *
 * <p>What it does better:
 *
 * <ul>
 *   <li><b>Increments.</b> They survive restarts of an instance, also of one that libvirt forgets when it stops, and a
 *       lost bitmap costs time, and no data: the disk is read and compared. Any backup can be deleted: what later ones
 *       need of it is merged into the next.
 *   <li><b>Verification.</b> Each block has a digest. {@link #verify} reads what is stored, and a restore compares each
 *       block before it delivers anything. {@code qemu-img check} looks at an image's tables alone.
 *   <li><b>Nothing is left.</b> A backup that fails, or takes longer than it may, ends its job on the host, and removes
 *       its checkpoint, its bitmaps and its files. After a crash of the agent, the next backup or {@link #recover}
 *       does. What cannot be removed at once, such as the checkpoint of a guest that was killed, is named and goes
 *       later. A script that is killed leaves the job, the mount, and perhaps a frozen guest.
 *   <li><b>Errors.</b> They are what libvirt or the file system said, and not where {@code 2>/dev/null} sent it.
 *   <li><b>Quiesced means quiesced.</b> If the guest cannot be frozen there is no backup; the script makes one that is
 *       not.
 *   <li><b>A share that is not mounted</b> gets no backup: its repository is made once, by {@link #register}, and each
 *       backup has to find it there.
 * </ul>
 *
 * <p>Mounting stays with the host, as an automount of systemd does it. Several hosts may use one share, since each
 * instance runs on one of them. Methods block, and may be called by several threads. Those that return an {@link
 * Answer} throw nothing of what can go wrong: they answer it.
 */
public final class NasBackup {
    private final Libvirt libvirt;
    private final Path share;
    private final Duration longest;

    /**
     * What an agent sends back.
     *
     * @param success whether all is done that was asked for
     * @param details one sentence: what was done, or why not
     * @param tryAgain whether somebody else is in the way, such as another job, so that it may work later
     * @param backup the id of the backup, if there is one
     * @param bytes how much was written
     * @param took how long it took
     * @param warnings what a restore of the backup would miss, or what a person has to look at
     */
    public record Answer(
            boolean success,
            String details,
            boolean tryAgain,
            @Nullable String backup,
            long bytes,
            Duration took,
            List<String> warnings) {
        /** Copies the list. */
        public Answer {
            warnings = List.copyOf(warnings);
        }

        static Answer done(String details) {
            return new Answer(true, details, false, null, 0, Duration.ZERO, List.of());
        }

        Answer with(List<String> more) {
            List<String> all = new ArrayList<>(warnings);
            all.addAll(more);
            return new Answer(success, details, tryAgain, backup, bytes, took, all);
        }

        static Answer failed(Throwable why) {
            boolean busy = why instanceof DomainBusyException || why instanceof RepositoryBusyException;
            return new Answer(false, String.valueOf(why.getMessage()), busy, null, 0, Duration.ZERO, List.of());
        }
    }

    /**
     * A backup on the share.
     *
     * @param incremental whether it holds only what changed since the one before; it is restored like any other
     * @param bytes how much it takes on the share
     * @param damaged whether something is known to be wrong with it
     */
    public record Stored(
            String id, Instant began, boolean incremental, boolean quiesced, long bytes, boolean damaged) {}

    /** How large the share is and how much of it is used, in bytes. */
    public record Stats(long total, long used) {}

    private interface Work {
        Answer run() throws InterruptedException, IOException;
    }

    /**
     * Of the instances of this host, onto a share.
     *
     * @param libvirt a connection to the libvirtd of this machine; it stays the caller's
     * @param share the folder where the share is mounted
     * @param longest how long anything may take
     */
    public NasBackup(Libvirt libvirt, Path share, Duration longest) {
        this.libvirt = libvirt;
        this.share = share;
        this.longest = longest;
    }

    /**
     * Makes the share's repository, when somebody adds the share to the cloud. Doing so again changes nothing. A folder
     * on the disk of the folder above it is refused: the share is not mounted there.
     */
    public Answer register() {
        return answered(() -> {
            if (!Files.isDirectory(share)
                    || Files.getFileStore(share).equals(Files.getFileStore(share.resolve("..")))) {
                throw new RepositoryException("the share is not mounted at " + share);
            }
            Repository repository = Repository.openOrCreate(share.resolve("backups"));
            return Answer.done("the share has repository " + repository.id());
        });
    }

    /**
     * Backs up an instance, whether it runs or not. If libvirt does not know it, since it is off and was never defined,
     * it is defined for so long.
     *
     * @param definition its domain XML, with its name, or null if it is defined
     * @param quiesce whether the guest's agent freezes its file systems at the moment of the backup
     * @param listener hears how far it is
     */
    public Answer takeBackup(String instance, @Nullable String definition, boolean quiesce, ProgressListener listener) {
        return answered(() -> {
            // The manager knows that an instance that is off here runs nowhere else; nobody else can.
            BackupRequest plain = BackupRequest.of(instance).onOwnStorage();
            BackupRequest request = quiesce ? plain.quiescing() : plain;
            boolean known = await(libvirt.domains()).stream()
                    .anyMatch(domain -> domain.name().equals(instance));
            if (known || definition == null) {
                return took(finish(backups().backup(request, listener)));
            }
            requireName(instance, definition);
            Domain defined = await(libvirt.defineDomain(definition));
            Answer answer = answered(() -> took(finish(backups().backup(request, listener))));
            return answer.with(undefine(defined));
        });
    }

    /** Another name may be that of a domain which libvirt keeps: it would be redefined, and then undefined. */
    private static void requireName(String instance, String definition) {
        String name;
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newDefaultInstance();
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            Document xml = factory.newDocumentBuilder().parse(new InputSource(new StringReader(definition)));
            name = XPathFactory.newDefaultInstance().newXPath().evaluate("/domain/name", xml);
        } catch (ParserConfigurationException | SAXException | XPathException | IOException e) {
            throw new BackupException("the definition of instance " + instance + " cannot be read: " + e, e);
        }
        if (!name.equals(instance)) {
            throw new BackupException("the definition of instance " + instance + " is that of " + name);
        }
    }

    /** What is wrong afterwards. An interrupt waits until it is done. */
    private static List<String> undefine(Domain domain) {
        boolean interrupted = Thread.interrupted();
        try {
            await(domain.undefine(DomainUndefineFlags.CHECKPOINTS_METADATA, DomainUndefineFlags.KEEP_NVRAM));
            return List.of();
        } catch (LibvirtException e) {
            return List.of("instance " + domain.name() + " stays defined: " + e.getMessage());
        } catch (InterruptedException e) {
            interrupted = true;
            return List.of("instance " + domain.name() + " may have stayed defined");
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static Answer took(BackupResult result) {
        Level level = result.point().manifest().level();
        List<String> warnings = new ArrayList<>(result.warnings());
        result.left().forEach(left -> warnings.add("left behind for the next backup: " + left));
        return new Answer(
                true,
                "%s: %d bytes read, %d written".formatted(level, result.bytesRead(), result.bytesStored()),
                false,
                result.point().id(),
                result.bytesStored(),
                result.duration(),
                warnings);
    }

    /** The backups of an instance, oldest first; none if it was never backed up. */
    public List<Stored> list(String instance) {
        Repository repository = repository();
        if (!repository.holds(instance)) {
            return List.of();
        }
        DomainPoints points = repository.points(instance);
        return points.points().stream()
                .map(point -> new Stored(
                        point.id(),
                        point.manifest().began(),
                        point.manifest().level() != Level.FULL,
                        point.manifest().quiesced(),
                        bytes(point),
                        points.known(point.id()) != null))
                .toList();
    }

    private static long bytes(Point point) {
        return point.manifest().disks().stream()
                .mapToLong(disk -> disk.image() == null ? 0 : disk.image().size())
                .sum();
    }

    /** Reads all that a restore of the backup would read, and compares it with its digests. */
    public Answer verify(String instance, String backup) {
        return answered(() -> {
            VerifyReport report =
                    finish(repository().verify(VerifyRequest.ofPoint(instance, backup), ProgressListener.NONE));
            if (report.intact()) {
                return Answer.done(report.bytes() + " bytes are as they were written");
            }
            List<String> wrong = new ArrayList<>();
            report.damage().forEach(finding -> wrong.add("damaged: " + finding));
            report.unverifiable().forEach(reason -> wrong.add("not verified: " + reason));
            return Answer.failed(new RepositoryException("backup " + backup + ": " + String.join("; ", wrong)));
        });
    }

    /**
     * Deletes a backup; what later ones need of it is merged into the next. The newest one stays as long as there are
     * others, because the next increment builds on it. The last one goes with all that there is of the instance, also
     * its checkpoint on this host, unless there is something that cannot be read.
     */
    public Answer deleteBackup(String instance, String backup) {
        return answered(() -> {
            Repository repository = repository();
            Point chosen = repository.point(instance, backup);
            DomainPoints all = repository.points(instance);
            if (all.points().size() == 1) {
                return deleteLast(repository, chosen, all);
            }
            PointVerdict verdict =
                    finish(repository.prune(PruneRequest.ofPoint(instance, backup), ProgressListener.NONE))
                            .points()
                            .stream()
                            .filter(point -> point.point().equals(backup))
                            .findFirst()
                            .orElseThrow();
            return verdict.kept()
                    ? Answer.failed(new RepositoryException("backup " + backup + " stays: " + verdict.reason()))
                    : Answer.done("deleted");
        });
    }

    private Answer deleteLast(Repository repository, Point last, DomainPoints all) throws InterruptedException {
        List<String> others = new ArrayList<>(all.unreadable());
        all.damage().forEach(damage -> others.add(damage.toString()));
        all.unfinished().forEach(point -> others.add(point + " is unfinished"));
        if (!others.isEmpty()) {
            throw new RepositoryException("backup " + last.id() + " stays: " + String.join("; ", others));
        }
        // Another one may have been completed since we looked: then it is refused.
        Instant next = last.manifest().completed().plusNanos(1);
        List<String> remains = finish(repository.forget(all.domain(), next, ProgressListener.NONE))
                .remains();
        Answer answer = Answer.done("deleted, and it was the last one of " + all.domain());
        if (remains.isEmpty()) {
            return answer;
        }
        try {
            String domain = last.manifest().domain().uuid().toString();
            return answer.with(finish(Backups.removeCheckpoints(libvirt, domain, repository))
                    .left());
        } catch (BackupException | LibvirtException e) {
            return answer.with(remains).with(List.of(String.valueOf(e.getMessage())));
        }
    }

    /**
     * Restores one disk of a backup to a new volume.
     *
     * @param disk the disk's target at the time of the backup, such as {@code vda}
     * @param pool a storage pool of files; the volume is called {@code INSTANCE-vda.qcow2}
     * @param attachTo a running instance that gets the volume as one more disk, or null
     */
    public Answer restoreVolume(String instance, String backup, String disk, String pool, @Nullable String attachTo) {
        return answered(() -> {
            Domain domain = attachTo == null ? null : await(libvirt.domain(attachTo));
            String target = domain == null ? null : freeTarget(domain);
            HostRestoreResult result = restore(HostRestoreRequest.of(
                            repository().point(instance, backup), new RestoreTarget.Pool(pool, ImageFormat.QCOW2))
                    .withDisks(Set.of(disk)));
            StorageVolume volume = result.volumes().get(0);
            if (domain == null || target == null) {
                return restored(backup, "volume " + await(volume.path()), result);
            }
            return restored(backup, "volume " + attach(domain, volume, target) + " is disk " + target, result);
        });
    }

    private static String freeTarget(Domain domain) throws InterruptedException {
        String xml = await(domain.xml());
        return IntStream.rangeClosed('a', 'z')
                .mapToObj(letter -> "vd" + (char) letter)
                .filter(name -> !xml.contains("dev='" + name + "'"))
                .findFirst()
                .orElseThrow(() -> new BackupException("instance " + domain.name() + " has no room for a disk"));
    }

    /** If libvirt refuses, the volume is deleted. If nobody knows what libvirt did, the volume may be in use. */
    private static String attach(Domain domain, StorageVolume volume, String target) throws InterruptedException {
        try {
            String path = await(volume.path());
            await(domain.devices().attach("""
                    <disk type='file' device='disk'>
                      <driver name='qemu' type='qcow2' cache='none'/>
                      <source file='%s'/>
                      <target dev='%s' bus='virtio'/>
                    </disk>
                    """.formatted(
                            path.replace("&", "&amp;").replace("<", "&lt;").replace("'", "&apos;"), target)));
            return path;
        } catch (RemoteException e) {
            await(volume.delete());
            throw e;
        } catch (LibvirtException | InterruptedException e) {
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            throw new BackupException(
                    "volume " + volume.name() + " stays, since it may be a disk of " + domain.name() + ": " + e, e);
        }
    }

    /**
     * Gives an instance that is off its disks back, to the places that they have now. Until a disk is complete, the old
     * one stays.
     */
    public Answer restoreInstance(String instance, String backup) {
        return answered(() -> restored(
                backup,
                "the disks of " + instance,
                restore(HostRestoreRequest.of(repository().point(instance, backup), new RestoreTarget.InPlace()))));
    }

    /** Makes an instance that is gone again: its disks in a pool of files, its definition, UEFI variables and all. */
    public Answer recreateInstance(String instance, String backup, String pool) {
        return answered(() -> restored(
                backup,
                "instance " + instance,
                restore(HostRestoreRequest.of(
                                repository().point(instance, backup), new RestoreTarget.Pool(pool, ImageFormat.QCOW2))
                        .defining())));
    }

    private HostRestoreResult restore(HostRestoreRequest request) throws InterruptedException {
        return finish(backups().restore(request, ProgressListener.NONE));
    }

    private static Answer restored(String backup, String what, HostRestoreResult result) {
        return new Answer(
                true,
                "restored " + what,
                false,
                backup,
                result.bytesWritten(),
                result.duration(),
                Notice.texts(result.notices(), Notice.Severity.WARNING));
    }

    /**
     * Clears what an agent that died left on this host and on the share, when the next one starts.
     *
     * @param connect makes a connection like the first one, which this closes
     */
    public Answer recover(Supplier<CompletableFuture<Libvirt>> connect) {
        return answered(() -> {
            try (Libvirt own = await(connect.get())) {
                RecoverReport report = finish(Backups.recover(repository(), () -> own, ProgressListener.NONE));
                return report.clean()
                        ? Answer.done(report.done().isEmpty() ? "nothing was left" : String.join("; ", report.done()))
                        : Answer.failed(new BackupException(String.join("; ", report.left())));
            }
        });
    }

    /** How much room the share has. */
    public Stats stats() throws IOException {
        FileStore store = Files.getFileStore(repository().folder());
        return new Stats(store.getTotalSpace(), store.getTotalSpace() - store.getUnallocatedSpace());
    }

    /** Never made here: an empty folder where the share should be mounted is no place for backups. */
    private Repository repository() {
        Path folder = share.resolve("backups");
        if (!Files.exists(folder)) {
            throw new RepositoryException("the share is not mounted at " + share + ", or was never registered");
        }
        return Repository.open(folder);
    }

    private Backups backups() {
        return Backups.of(libvirt, repository());
    }

    /**
     * The result, or an exception that says why it is missing. Nothing is under way any more then, also if it took too
     * long.
     */
    private <T> T finish(Operation<T> operation) throws InterruptedException {
        CompletableFuture<T> result = operation.result();
        try {
            return await(result, longest);
        } catch (CallTimeoutException e) {
            throw result.isCancelled() ? new BackupException("given up: it took longer than " + longest, e) : e;
        } finally {
            operation.cancel().join();
        }
    }

    private static Answer answered(Work work) {
        try {
            return work.run();
        } catch (BackupException | RepositoryException | LibvirtException | CancellationException | IOException e) {
            return Answer.failed(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Answer.failed(e);
        }
    }
}
