// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.backup.internal.host.HostQuestions;
import dev.virtwire.backup.internal.host.OwnPools;
import dev.virtwire.backup.internal.host.References;
import dev.virtwire.backup.internal.host.SmallHostFiles;
import dev.virtwire.backup.internal.host.SmallHostFiles.Content;
import dev.virtwire.backup.internal.host.TpmState;
import dev.virtwire.backup.internal.host.Waiting;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.xml.DomainDescription;
import dev.virtwire.client.xml.DomainDescription.Disk;
import dev.virtwire.client.xml.DomainDescription.Place;
import dev.virtwire.client.xml.DomainDescription.Tpm;
import dev.virtwire.protocol.remote.DomainXmlFlags;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.format.Sha256;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.unfinished.UnfinishedPoint;
import dev.virtwire.repository.manifest.DomainXml;
import dev.virtwire.repository.manifest.Nvram;
import dev.virtwire.repository.manifest.PointFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a point holds besides disks: the domain's XML, its UEFI variables, the state of its TPM, media of its drives,
 * what it refers to, and its checkpoint's description. But for the XML, what cannot be fetched is missing in the point,
 * which says why.
 *
 * @param contents the files
 * @param domainXml what there is to say of the XML, and what else could not be fetched
 * @param nvram the domain's UEFI variables, with the reason if they were not saved; null for a domain without
 */
public record PointFiles(
        List<Fetched> contents,
        DomainXml domainXml,
        @Nullable Nvram nvram) {
    private static final Logger LOG = LoggerFactory.getLogger(PointFiles.class);

    /** UEFI variable stores have 64 KiB to a few MiB, and TPM states less; what is larger is something else. */
    public static final long STATE_MAX = 64L << 20;

    /** What a file in a point is, how it is named, and what it holds. */
    static final class Fetched {
        private final String role;
        private final String file;
        private final byte[] bytes;

        private Fetched(String role, String file, byte[] bytes) {
            this.role = role;
            this.file = file;
            this.bytes = bytes;
        }

        private static Fetched text(String role, String file, String content) {
            return new Fetched(role, file, content.getBytes(StandardCharsets.UTF_8));
        }
    }

    /**
     * Fetches it all, as near to the moment of the backup as can be: a disk that is plugged in or a variable that is
     * set while the disks are copied is not in them.
     *
     * @param questions asks the host
     */
    static PointFiles fetch(Attempt attempt, HostQuestions questions) {
        HostFacts facts = attempt.facts();
        String ownPool = pools(attempt.store(), facts).ofRun();
        return fetch(
                facts,
                new SmallHostFiles(facts, seesHostFiles(attempt), ownPool, questions),
                attempt.plan().checkpoint(),
                attempt.request().mediaLimit());
    }

    /**
     * The same of a domain without disks, so that nothing tells whether the host's files can be seen but its name.
     *
     * @param store where the point will be
     */
    static PointFiles fetch(HostFacts facts, DomainStore store, long mediaLimit, HostQuestions questions) {
        String ownPool = pools(store, facts).ofRun();
        return fetch(facts, new SmallHostFiles(facts, facts.isHere(), ownPool, questions), null, mediaLimit);
    }

    /**
     * Ends storage pools that earlier runs left when they died: this one would wait for them, as for those of a run
     * that lives. Under the domain's lock.
     *
     * @return what was ended, each one sentence
     */
    static List<String> endPools(HostFacts facts, DomainStore store) {
        DomainDescription description = facts.description();
        List<String> ended = new ArrayList<>();
        if (description.nvram() != null
                || description.tpm() != null
                || description.disks().stream().anyMatch(disk -> disk.isRemovable() && !disk.isEmpty())) {
            try {
                pools(store, facts).end(facts.domain().libvirt(), store.now(), ended);
            } catch (LibvirtException e) {
                LOG.debug("storage pools of {} cannot be looked for, which recover says", facts.domain(), e);
            }
        }
        return ended;
    }

    private static OwnPools pools(DomainStore store, HostFacts facts) {
        return new OwnPools(store.repositoryId(), facts.identity().uuid());
    }

    private static PointFiles fetch(
            HostFacts facts, SmallHostFiles host, @Nullable String checkpoint, long mediaLimit) {
        Domain domain = facts.domain();
        HostQuestions questions = host.questions();
        List<Fetched> contents = new ArrayList<>();
        List<String> notSaved = new ArrayList<>();
        boolean secrets = true;
        String xml;
        try {
            xml = questions.ask(() -> Waiting.await(domain.xml(DomainXmlFlags.INACTIVE, DomainXmlFlags.SECURE)));
        } catch (RemoteException e) {
            xml = questions.ask(() -> Waiting.await(domain.xml(DomainXmlFlags.INACTIVE)));
            secrets = false;
        }
        contents.add(Fetched.text(PointFile.DOMAIN, Names.DOMAIN_XML, xml));
        String live = xml;
        if (domain.id().isPresent()) {
            DomainXmlFlags[] flags = secrets ? new DomainXmlFlags[] {DomainXmlFlags.SECURE} : new DomainXmlFlags[0];
            live = questions.ask(() -> Waiting.await(domain.xml(flags)));
            contents.add(Fetched.text(PointFile.LIVE, Names.LIVE_XML, live));
        }
        DomainDescription description = HostFacts.description(live);
        Nvram nvram = fetchNvram(description.nvram(), domain.id().isPresent(), host, contents);
        fetchTpm(facts, description.tpm(), host, contents, notSaved);
        fetchMedia(domain, description.disks(), host, mediaLimit, contents, notSaved);
        References references = References.named(List.of(xml, live)).fetched(domain.libvirt(), questions, notSaved);
        if (!references.all().isEmpty()) {
            contents.add(Fetched.text(PointFile.REFERENCES, Names.REFERENCES_XML, references.toXml()));
        }
        if (checkpoint != null) {
            contents.add(Fetched.text(
                    PointFile.CHECKPOINT,
                    Names.CHECKPOINT_XML,
                    questions.ask(() -> Waiting.await(
                            Waiting.await(domain.checkpoints().find(checkpoint)).xml()))));
        }
        return new PointFiles(
                List.copyOf(contents),
                new DomainXml(secrets, description.secrets(), autostart(domain, questions, notSaved), notSaved),
                nvram);
    }

    private static @Nullable Boolean autostart(Domain domain, HostQuestions questions, List<String> notSaved) {
        try {
            return questions.ask(() -> Waiting.await(domain.autostart()));
        } catch (RemoteException e) {
            notSaved.add("whether it starts with its host is not in it: " + e.getMessage());
            return null;
        }
    }

    private static @Nullable Nvram fetchNvram(
            @Nullable Place place, boolean running, SmallHostFiles host, List<Fetched> contents) {
        if (place == null) {
            return null;
        }
        Content variables = host.readSteady(place, STATE_MAX);
        String reason = variables.reason();
        if (variables.bytes() != null) {
            reason = obstacle(variables.bytes(), running);
            if (reason == null) {
                boolean varstore = place.type().equals(DomainDescription.VARSTORE);
                contents.add(new Fetched(PointFile.NVRAM, varstore ? Names.VARSTORE : Names.NVRAM, variables.bytes()));
            }
        }
        String name = place.fullName();
        return new Nvram(name == null ? "an unnamed place" : name, reason);
    }

    /** Why what was read is of no use, or null. */
    public static @Nullable String obstacle(byte[] variables, boolean running) {
        if (!SmallQcow2.isOne(variables)) {
            return null;
        }
        if (SmallQcow2.hasBacking(variables)) {
            return "the file is a qcow2 image that builds on another one";
        }
        try {
            return running && !SmallQcow2.isSettled(variables)
                    ? "the file is a qcow2 image of which QEMU may hold parts in memory: a backup of the guest while it"
                            + " is off has them"
                    : null;
        } catch (IOException e) {
            return "the file is a qcow2 image, and could not be looked into: " + Problems.reason(e);
        }
    }

    private static void fetchTpm(
            HostFacts facts, @Nullable Tpm tpm, SmallHostFiles host, List<Fetched> contents, List<String> notSaved) {
        if (tpm == null) {
            return;
        }
        // swtpm writes another file and gives it this name, so what is read is whole.
        Content state = host.read(TpmState.place(tpm, facts.identity().uuid()), STATE_MAX);
        if (state.bytes() != null) {
            contents.add(new Fetched(PointFile.TPM, Names.TPM, state.bytes()));
        } else {
            notSaved.add("the state of the emulated TPM is not in it: " + state.reason());
        }
    }

    /** Small ones only: a medium of a distribution is to be had elsewhere, one with a guest's settings is not. */
    private static void fetchMedia(
            Domain domain,
            List<Disk> disks,
            SmallHostFiles host,
            long most,
            List<Fetched> contents,
            List<String> notSaved) {
        for (Disk drive : disks) {
            boolean wanted = drive.isRemovable() && !drive.isEmpty() && Names.isTarget(drive.target());
            if (wanted && SmallHostFiles.isOfAKindThatCanBeRead(drive.place()) && isSmall(domain, drive, host, most)) {
                Content medium =
                        drive.isReadOnly() ? host.read(drive.place(), most) : host.readSteady(drive.place(), most);
                if (medium.bytes() != null) {
                    contents.add(new Fetched(
                            PointFile.medium(drive.target()), Names.medium(drive.target()), medium.bytes()));
                } else {
                    notSaved.add("the medium of drive " + drive.target() + " is not in it: " + medium.reason());
                }
            }
        }
    }

    private static boolean isSmall(Domain domain, Disk drive, SmallHostFiles host, long most) {
        try {
            return most > 0
                    && (drive.place().type().equals("volume")
                                    ? host.sizeOfVolume(drive.place())
                                    : host.questions()
                                            .ask(() -> Waiting.await(domain.disk(drive.target())
                                                            .info())
                                                    .physical()))
                            <= most;
        } catch (LibvirtException e) {
            if (host.questions().hasGivenUp()) {
                throw e;
            }
            LOG.debug("the medium of {} of {} cannot be seen", drive.target(), domain, e);
            return false;
        }
    }

    /**
     * The export's socket has a name that nobody else would give: if it can be seen, the host's files can be seen too.
     * A libvirtd in a container has other files under the same names.
     */
    private static boolean seesHostFiles(Attempt attempt) {
        String socket = attempt.plan().socket();
        return socket == null ? attempt.facts().isHere() : Files.exists(Path.of(socket));
    }

    /** Writes the files into a point's folder. */
    List<PointFile> write(UnfinishedPoint folder) throws IOException {
        List<PointFile> written = new ArrayList<>();
        for (Fetched content : contents) {
            folder.write(content.file, content.bytes);
            written.add(new PointFile(
                    content.role, content.file, content.bytes.length, Sha256.hex(Sha256.of(content.bytes))));
        }
        return written;
    }
}
