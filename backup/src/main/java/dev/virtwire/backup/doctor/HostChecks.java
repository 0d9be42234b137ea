// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.doctor;

import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.internal.host.Amounts;
import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.backup.internal.host.OwnPools;
import dev.virtwire.backup.internal.host.Waiting;
import dev.virtwire.backup.internal.job.DataPath;
import dev.virtwire.backup.internal.job.TransferPlan;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.Version;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.storage.StoragePool;
import dev.virtwire.repository.internal.format.Names;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What a backup of any domain of the host stands on. */
final class HostChecks {
    private static final String QEMU = "QEMU";
    /** The first libvirt with virDomainBackupBegin. */
    private static final Version BACKS_UP = Version.parse("6.0.0");
    /** The oldest versions that the suites run on. */
    private static final Version TESTED_LIBVIRT = Version.parse("9.0.0");

    private static final Version TESTED_QEMU = Version.parse("7.2.0");

    /** Where a socket would lie: all names have one length. */
    private static final String SOCKET =
            Names.socket("aaaaaaaaaaaa", new UUID(0, 0), "20000101T000000Z-full", "aaaaaaaaaaaa");

    private final Questions questions;
    private final Questions ofGuests;
    private final DoctorRequest request;
    private final Libvirt libvirt;
    private @Nullable QemuUser user;
    private @Nullable DataPath path;

    HostChecks(Questions questions, Questions ofGuests, DoctorRequest request, Libvirt libvirt) {
        this.questions = questions;
        this.ofGuests = ofGuests;
        this.request = request;
        this.libvirt = libvirt;
    }

    /** The row of a connection that stands. */
    static Answer connection(Libvirt libvirt) {
        LibvirtUri uri = libvirt.uri();
        String how =
                switch (uri.transport()) {
                    case UNIX -> "through a socket of this machine";
                    case TLS -> "by TLS";
                    case SSH, LIBSSH, LIBSSH2 -> "through ssh";
                    case TCP -> "by TCP, which is not encrypted by itself";
                    case EXT -> "through a command of the user's own";
                };
        return Answer.ok(uri.text() + " answers " + how + ", and lets this user log in");
    }

    /** Asks, and returns the domains to look at: none if the driver is another one than QEMU's. */
    List<Domain> run() {
        String driver = questions.fetch(
                Check.HOST, "driver", () -> Waiting.await(libvirt.hypervisorType()), HostChecks::driver);
        if (driver != null && !driver.equals(QEMU)) {
            return List.of();
        }
        questions.ask(Check.HOST, "libvirt", () -> libvirt(Waiting.await(libvirt.libvirtVersion())));
        questions.ask(Check.HOST, QEMU, () -> qemu(Waiting.await(libvirt.hypervisorVersion())));
        user = questions.fetch(
                Check.HOST, "security", () -> QemuUser.of(Waiting.await(libvirt.capabilities())), QemuUser::said);
        path = questions.fetch(Check.HOST, "data path", this::chosenPath, this::pathSaid);
        questions.ask(Check.HOST, "storage", this::storage);
        questions.ask(Check.HOST, "other runs", this::clones);
        questions.add(Check.HOST, "clock", clock());
        return domains();
    }

    /** As whom QEMU runs, if the host told. */
    @Nullable
    QemuUser user() {
        return user;
    }

    /** The folder of the host where the export's socket will be; null if it needs no socket, or nobody knows. */
    @Nullable
    String socketFolder() {
        return path instanceof DataPath.Socket socket ? folder(socket) : null;
    }

    private List<Domain> domains() {
        List<Domain> found = new ArrayList<>();
        if (request.domains().isEmpty()) {
            List<Domain> all = questions.fetch(Check.HOST, "domains", this::all, this::allSaid);
            return all == null ? found : all;
        }
        for (String name : request.domains()) {
            Domain domain = ofGuests.fetch(
                    name, "name", () -> HostFacts.find(libvirt, name), named -> Answer.ok("there is such a domain"));
            if (domain != null) {
                found.add(domain);
            }
        }
        return found;
    }

    private List<Domain> all() {
        return Waiting.await(libvirt.domains()).stream()
                .filter(domain -> domain.id().isEmpty() || !Names.isClone(domain.name()))
                .sorted(Comparator.comparing(Domain::name))
                .toList();
    }

    private Answer allSaid(List<Domain> all) {
        long running = all.stream().filter(domain -> domain.id().isPresent()).count();
        return all.isEmpty()
                ? Answer.warning(
                        "there is no domain on " + libvirt.uri().where() + " that this user sees",
                        "see whether it is the right connection, such as qemu:///system in place of qemu:///session")
                : Answer.ok(Amounts.count(all.size(), "domain") + ", " + running + " of them running");
    }

    private static Answer driver(String driver) {
        return driver.equals(QEMU)
                ? Answer.ok("it is QEMU's, the one that makes backups")
                : Answer.fails(
                        "it is " + driver + "'s, and only QEMU's makes backups",
                        "connect to QEMU's driver, such as qemu:///system");
    }

    static Answer libvirt(Version version) {
        if (version.compareTo(BACKS_UP) < 0) {
            return Answer.fails(
                    version + ", which has no backups: they came with " + BACKS_UP, "use a newer libvirt on the host");
        }
        if (version.compareTo(TESTED_LIBVIRT) < 0) {
            return Answer.note(
                    version + ", which is older than the oldest that is tested, " + TESTED_LIBVIRT,
                    "try a backup and a restore of each guest before you rely on them");
        }
        return HostFacts.keepsGuest(version)
                ? Answer.ok(version + ", which keeps a guest that shuts down until its backup has ended")
                : Answer.note(
                        version + ", which ends the backup of a guest that shuts down: it begins once more then", null);
    }

    static Answer qemu(Version version) {
        return version.compareTo(TESTED_QEMU) < 0
                ? Answer.note(
                        version + ", which is older than the oldest that is tested, " + TESTED_QEMU,
                        "try a backup and a restore of each guest before you rely on them")
                : Answer.ok(version.toString());
    }

    private DataPath chosenPath() {
        BackupRequest any = request.backup("any");
        return DataPath.choose(libvirt.uri(), any, TransferPlan.socket(any, SOCKET));
    }

    private Answer pathSaid(DataPath chosen) throws IOException {
        if (chosen instanceof DataPath.Ports ports) {
            return Answer.note(
                    "an NBD export on a port of "
                            + ports.listen().address() + ", " + ports.listen().firstPort() + " to "
                            + ports.listen().lastPort() + (ports.tls() ? ", encrypted by TLS" : "")
                            + ": whether one is free there, and can be reached from here, only a backup shows",
                    null);
        }
        String folder = folder((DataPath.Socket) chosen);
        QemuUser as = user;
        if (as == null) {
            return Answer.warning(
                    "a socket in " + folder + " of the host, of which nobody knows whether this user may open it",
                    "run backups as root, or as QEMU's user");
        }
        return as.reaches(libvirt.uri(), folder);
    }

    private static String folder(DataPath.Socket socket) {
        return socket.path().substring(0, Math.max(1, socket.path().lastIndexOf('/')));
    }

    /** By it, small files of a host that is another machine are read, and it tells how much room there is. */
    private Answer storage() {
        List<StoragePool> pools = Waiting.await(libvirt.storage().pools());
        List<String> ours =
                pools.stream().map(StoragePool::name).filter(OwnPools::isOne).toList();
        return ours.isEmpty()
                ? Answer.ok("libvirt's storage driver answers, with " + Amounts.count(pools.size(), "pool"))
                : Answer.note(
                        Amounts.count(ours.size(), "storage pool") + " of a run that is at work or has died: "
                                + String.join(", ", ours),
                        "if nothing is running, 'virtwire recover' ends what runs of that repository left");
    }

    /** Domains that serve the disks of others. */
    private Answer clones() {
        List<String> clones = Waiting.await(libvirt.domains()).stream()
                .filter(domain -> domain.id().isPresent() && Names.isClone(domain.name()))
                .map(Domain::name)
                .sorted()
                .toList();
        return clones.isEmpty()
                ? Answer.ok("no backup of a guest that is off has left anything, and none is at work")
                : Answer.note(
                        "at work, or left by a run that died: " + String.join(", ", clones),
                        "if no backup is running, 'virtwire recover' ends them");
    }

    private Answer clock() {
        return HostFacts.isHere(libvirt)
                ? Answer.ok("the host is this machine, and has its clock")
                : Answer.note(
                        "libvirt has no call that tells the host's time, so nobody compared the clocks; points are"
                                + " dated by the clock of this machine",
                        null);
    }
}
