// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import static java.util.Objects.requireNonNull;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.HostRestoreRequest;
import dev.virtwire.backup.internal.host.OwnPools;
import dev.virtwire.backup.internal.host.Reasons;
import dev.virtwire.backup.internal.host.References;
import dev.virtwire.backup.internal.host.ReplacedFile;
import dev.virtwire.backup.internal.host.TpmState;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.Version;
import dev.virtwire.client.block.BlockInfo;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.xml.DomainDescription;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.DomainUndefineFlags;
import dev.virtwire.protocol.remote.DomainXmlFlags;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.restore.BlockDevice;
import dev.virtwire.repository.internal.restore.PlacedRestore;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.manifest.DomainIdentity;
import dev.virtwire.repository.manifest.PointFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Defines a restored domain on its host, and takes that back if something else fails. */
final class HostDefinition {
    private static final Logger LOG = LoggerFactory.getLogger(HostDefinition.class);

    private static final Version KNOWS_KEEP_TPM = new Version(8, 9, 0);

    /** Where libvirt puts UEFI variables by itself. */
    private static final String VARIABLES = "/var/lib/libvirt/qemu/nvram/";

    private final Libvirt libvirt;
    private final Point point;
    private final DomainIdentity saved;
    private final byte @Nullable [] tpm;
    private byte @Nullable [] variables;
    private @Nullable Path ownVariables;
    private final NeededReferences references;
    private final List<ReplacedFile> replaced = new ArrayList<>();
    private final @Nullable String newName;
    private final UUID uuid;
    private final boolean replace;
    private @Nullable String oldXml;
    private boolean oldAutostart;
    private final List<Notice> notices = new ArrayList<>();
    private @Nullable Domain defined;
    private final Set<String> targets = new HashSet<>();

    /**
     * As {@code asked} says, a definition of the domain that was saved in {@code point}.
     *
     * @param damage gets what of the point is damaged and can be left out
     */
    HostDefinition(Libvirt libvirt, HostRestoreRequest asked, DomainStore store, Point point, List<Finding> damage) {
        this.libvirt = libvirt;
        this.point = point;
        this.saved = point.manifest().domain();
        this.tpm = HostRestore.extra(store, point, PointFile.TPM, asked, damage);
        this.references = new NeededReferences(
                libvirt,
                references(HostRestore.extra(store, point, PointFile.REFERENCES, asked, damage)),
                asked.defineMissing());
        this.newName = asked.name();
        this.uuid = newName == null ? saved.uuid() : UUID.randomUUID();
        this.replace = asked.replace();
    }

    private static References references(byte @Nullable [] document) {
        try {
            return document == null ? new References(List.of()) : References.parse(document);
        } catch (IllegalArgumentException e) {
            // A later program may write kinds that this one does not know.
            LOG.debug("what the domain refers to cannot be read", e);
            return new References(List.of());
        }
    }

    /** Whether the point has the state of an emulated TPM. */
    boolean hasTpmState() {
        return tpm != null;
    }

    /** The name and UUID that the domain has in the end. */
    DomainIdentity identity() {
        return new DomainIdentity(newName == null ? saved.name() : newName, uuid);
    }

    /**
     * Refuses a host that may not see the files of this machine.
     *
     * @throws BackupException if it may be another machine
     */
    void requireHere() {
        if (libvirt.uri().transport() != LibvirtUri.Transport.UNIX) {
            throw new BackupException("a domain is defined where its disks are, and they are written to this machine: "
                    + libvirt.uri().where() + " may be another one. Restore on that host, by a local URI, or restore"
                    + " the files alone, or into a storage pool of that host");
        }
    }

    /**
     * Refuses what cannot be, and remembers a definition that will be replaced.
     *
     * @throws BackupException if the name or UUID is taken, or the domain runs
     */
    void requirePossible() {
        Domain sameName = find(libvirt.domain(identity().name()));
        if (newName != null) {
            if (sameName != null) {
                throw new BackupException("a domain named " + newName + " exists already: choose another name");
            }
            return;
        }
        if (sameName != null && !sameName.uuid().equals(uuid)) {
            throw new BackupException("a domain named " + saved.name() + " exists already, with UUID " + sameName.uuid()
                    + " and not " + uuid + ": choose another name");
        }
        Domain same = find(libvirt.domain(uuid));
        if (same == null) {
            return;
        }
        if (!same.name().equals(saved.name())) {
            throw new BackupException("the domain with UUID " + uuid + " is named " + same.name() + " now, and was "
                    + saved.name() + ": choose another name");
        }
        if (await(same.isActive())) {
            throw new BackupException("domain " + same.name() + " is running: shut it down, or choose another name");
        }
        if (!replace) {
            throw new BackupException("domain " + same.name() + " is defined already"
                    + (await(same.saved().isManaged())
                            ? ", and its next start resumes a saved memory (managed save), as if nothing had been"
                                    + " restored: allow replacing, which discards that, or choose another name"
                            : ": allow replacing, or choose another name"));
        }
        oldXml = await(same.xml(DomainXmlFlags.INACTIVE, DomainXmlFlags.SECURE));
        oldAutostart = await(same.autostart());
    }

    /**
     * The place on the host for UEFI variables that come with no folder or pool: where the domain has them until now,
     * or where libvirt puts them by itself. {@link #settle} writes them there. A point's own word for it could be any
     * file, and so could its name, if that is one that libvirt takes for no domain.
     *
     * @param content the variables
     * @return null if no such place is known
     */
    @Nullable
    Path placeFor(byte[] content) {
        String old = oldXml;
        DomainDescription.Place former =
                old == null ? null : DomainDescription.parse(old).nvram();
        if (former != null && former.type().equals("file") && former.name() != null) {
            ownVariables = Path.of(former.name());
        } else if (former == null
                && libvirt.uri().path().equals("/system")
                && !identity().name().contains("/")) {
            ownVariables = Path.of(VARIABLES + identity().name() + "_VARS.fd");
        }
        variables = content;
        return ownVariables;
    }

    /**
     * What can be taken back on the host: the domain's TPM has its state, it has its UEFI variables if they
     * have no other place, and it starts with its host if it did.
     */
    void settle() {
        Domain domain = requireNonNull(defined, "nothing was defined");
        restoreTpm(DomainDescription.parse(await(domain.xml(DomainXmlFlags.INACTIVE)))
                .tpm());
        if (ownVariables != null && variables != null) {
            replace(ownVariables.toString(), "the UEFI variables", variables);
        }
        setAutostart(domain, point.manifest().domainXml().autostart());
    }

    /**
     * The last step, which nothing takes back: a saved memory of the guest goes, since it would be resumed with the
     * disks that it knew, and the former state of the TPM does. To be called when all else is done.
     *
     * @throws BackupException if the saved memory does not go; the domain is restored
     */
    void finish() {
        Domain domain = requireNonNull(defined, "nothing was defined");
        for (ReplacedFile file : replaced) {
            file.finish().forEach(left -> notices.add(Notice.warning(left)));
        }
        if (newName != null) {
            return;
        }
        try {
            if (!await(domain.saved().isManaged())) {
                return;
            }
            await(domain.saved().discardManaged());
            notices.add(
                    Notice.warning(
                            "the saved memory of domain " + domain.name()
                                    + " (managed save) was discarded: its next start would have resumed that, and not what is restored"));
        } catch (LibvirtException e) {
            throw new BackupException(
                    "domain " + domain.name() + " is restored, but it may have a saved memory (managed save), which"
                            + " could not be discarded: discard it before the next start, which would resume that: "
                            + e.getMessage(),
                    e);
        }
    }

    private void restoreTpm(DomainDescription.@Nullable Tpm emulated) {
        if (emulated == null || tpm == null) {
            return;
        }
        String old = oldXml;
        if (!TpmState.isPlace(emulated, uuid, old == null ? null : DomainDescription.parse(old))) {
            notices.add(Notice.warning("the state of the TPM is not restored: the saved definition has it in "
                    + TpmState.place(emulated, uuid).name()
                    + ", and neither libvirt nor the former definition keeps it there"));
            return;
        }
        replace(String.valueOf(TpmState.place(emulated, uuid).name()), "the state of the TPM", tpm);
    }

    private void replace(String path, String what, byte[] content) {
        String ownPool = new OwnPools(point.manifest().repository(), saved.uuid()).ofRestore(Instant.now());
        ReplacedFile file = new ReplacedFile(libvirt, ownPool, path);
        replaced.add(file);
        try {
            file.write(content);
        } catch (LibvirtException | BackupException e) {
            notices.add(Notice.warning(what + " could not be restored to " + path + ": " + Reasons.withSuppressed(e)));
        }
    }

    private void setAutostart(Domain domain, @Nullable Boolean autostart) {
        if (newName != null && Boolean.TRUE.equals(autostart)) {
            notices.add(Notice.information(saved.name() + " starts with its host, and " + newName + " does not"));
        } else if (newName == null && autostart != null && autostart != oldAutostart) {
            try {
                await(domain.setAutostart(autostart));
            } catch (RemoteException e) {
                notices.add(Notice.warning("domain " + domain.name() + (autostart ? " does not start" : " starts")
                        + " with its host, unlike before: " + e.getMessage()));
            }
        }
    }

    /** What the user should know of what the host has now, each one sentence. */
    List<Notice> notices() {
        return notices;
    }

    /**
     * Defines the domain, after what it needs. A drive whose medium the host does not have becomes empty, because the
     * domain would not start.
     *
     * @param restored the targets of what was restored
     */
    void define(String xml, Set<String> restored) {
        requirePossible();
        // A medium may be in a pool that is made.
        references.provide(xml);
        notices.addAll(references.notices());
        DomainDescription.parse(xml).disks().forEach(disk -> targets.add(disk.target()));
        Domain domain = definedWith(xml);
        defined = domain;
        KeptDisks kept = new KeptDisks(domain, xml, restored, point);
        if (kept.ejected() != null) {
            definedWith(kept.ejected());
        }
        notices.addAll(kept.notices());
    }

    private Domain definedWith(String xml) {
        try {
            return await(libvirt.defineDomain(xml));
        } catch (RemoteException e) {
            throw new BackupException(
                    libvirt.uri().where() + " does not accept domain "
                            + identity().name() + ": " + e.getMessage(),
                    e);
        }
    }

    /**
     * Refuses places that another domain has as its disks, by whatever name.
     *
     * @throws BackupException if one has
     */
    void requireUnused(Collection<? extends PlacedRestore.Place> places) {
        new HostDomains(libvirt).refuseDefined(uuid, places);
    }

    /**
     * Finds out a host with other files under these names: what is not here yet must not be there either. To be called
     * between the definition and the moment when the files get their names.
     *
     * @throws BackupException if the host sees such a file
     */
    void requireUnseen(Map<String, Path> disks) {
        Domain domain = requireNonNull(defined, "nothing was defined");
        disks.forEach((target, file) -> {
            if (targets.contains(target)
                    && Files.notExists(file, LinkOption.NOFOLLOW_LINKS)
                    && seen(domain, target) != null) {
                throw new BackupException(libvirt.uri().where() + " has a file " + file
                        + ", which this machine does not have yet: it is another machine. Restore to a folder that"
                        + " both see, or the files alone");
            }
        });
    }

    private static @Nullable BlockInfo seen(Domain domain, String target) {
        try {
            return await(domain.disk(target).info());
        } catch (RemoteException e) {
            LOG.debug("{} of {} cannot be seen", target, domain, e);
            return null;
        }
    }

    /**
     * Proves that the host sees the files of the disks that the domain has: only then is it this machine.
     *
     * @param sizes the sizes of the restored disks, by target
     */
    void requireSeen(Map<String, Path> disks, Map<String, Long> sizes) {
        Domain domain = requireNonNull(defined, "nothing was defined");
        disks.forEach((target, file) -> {
            if (!targets.contains(target)) {
                return;
            }
            long size = requireNonNull(sizes.get(target));
            BlockInfo there;
            long length;
            try {
                there = await(domain.disk(target).info());
                length = Files.size(file);
            } catch (IOException e) {
                throw new BackupException("cannot read " + file + ": " + Problems.reason(e), e);
            } catch (RemoteException e) {
                throw new BackupException(
                        libvirt.uri().where() + " does not see " + file + " as this machine does: " + e.getMessage()
                                + ". Restore to a folder that it sees, or the files alone",
                        e);
            }
            if (there.capacity() != size || there.physical() != length) {
                throw new BackupException(libvirt.uri().where() + " sees " + file + " as a disk of " + there.capacity()
                        + " bytes in a file of " + there.physical() + ", and here it is one of " + size
                        + " in a file of " + length + ": it is another machine");
            }
        });
    }

    /**
     * Proves that the host sees devices of this machine as the disks that the domain has.
     *
     * @param devices the devices, by target
     */
    void requireSeenDevices(Map<String, BlockDevice> devices) {
        Domain domain = requireNonNull(defined, "nothing was defined");
        devices.forEach((target, device) -> {
            if (!targets.contains(target)) {
                return;
            }
            BlockInfo there;
            try {
                there = await(domain.disk(target).info());
            } catch (RemoteException e) {
                throw new BackupException(
                        libvirt.uri().where() + " does not see device " + device + " as this machine does: "
                                + e.getMessage() + ". Choose a device that both see, by a name that both know",
                        e);
            }
            if (there.capacity() != device.size()) {
                throw new BackupException(libvirt.uri().where() + " sees device " + device + " as one of "
                        + there.capacity() + " bytes, and here it has " + device.size() + ": it is another machine");
            }
        });
    }

    /** Takes the definition back, if there is one: the former one is there again, or the domain is gone. */
    void undo(RuntimeException failure) {
        Domain domain = defined;
        if (domain == null) {
            references.undo(failure);
            return;
        }
        for (ReplacedFile file : replaced) {
            try {
                file.undo();
            } catch (LibvirtException | BackupException e) {
                failure.addSuppressed(new BackupException(
                        "left behind: " + file.path() + ", which holds what is restored of domain " + domain.name()
                                + ": " + e.getMessage(),
                        e));
            }
        }
        try {
            String old = oldXml;
            if (old != null) {
                Domain former = await(libvirt.defineDomain(old));
                if (await(former.autostart()) != oldAutostart) {
                    await(former.setAutostart(oldAutostart));
                }
            } else {
                // What the domain of that UUID had before stays, whoever had undefined it. A new one had nothing.
                await(
                        newName == null && await(libvirt.libvirtVersion()).compareTo(KNOWS_KEEP_TPM) >= 0
                                ? domain.undefine(DomainUndefineFlags.KEEP_NVRAM, DomainUndefineFlags.KEEP_TPM)
                                : domain.undefine(DomainUndefineFlags.KEEP_NVRAM));
            }
        } catch (LibvirtException e) {
            failure.addSuppressed(new BackupException(
                    "left behind: the definition of domain " + domain.name() + ": " + e.getMessage(), e));
        }
        references.undo(failure);
    }

    private static @Nullable Domain find(CompletableFuture<Domain> lookup) {
        try {
            return await(lookup);
        } catch (RemoteException e) {
            if (e.is(ErrorCode.NO_DOMAIN)) {
                return null;
            }
            throw e;
        }
    }

    /** What a call brought, or its own exception. */
    static <T extends @Nullable Object> T await(CompletableFuture<T> call) {
        try {
            return call.join();
        } catch (RuntimeException e) {
            if (LibvirtException.unwrap(e) instanceof RuntimeException known) {
                throw known;
            }
            throw e;
        }
    }
}
