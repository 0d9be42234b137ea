// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.backup.internal.host.Waiting;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.xml.DomainDescription;
import dev.virtwire.client.xml.DomainDescription.Place;
import dev.virtwire.protocol.remote.DomainXmlFlags;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.format.Sha256;
import dev.virtwire.repository.internal.unfinished.UnfinishedPoint;
import dev.virtwire.repository.manifest.Nvram;
import dev.virtwire.repository.manifest.PointFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a point holds besides disks: the domain's XML, its UEFI variables and its checkpoint's description.
 *
 * @param contents the files' bytes by their role
 * @param secrets whether passwords stand in the domain's XML: the host may not hand them out
 * @param nvram the domain's UEFI variables, with the reason if they were not saved; null for a domain without
 */
record PointFiles(
        Map<String, byte[]> contents,
        boolean secrets,
        @Nullable Nvram nvram) {
    /** UEFI variable stores have 64 KiB to a few MiB; what is larger is something else. */
    private static final long NVRAM_MAX = 64L << 20;

    private static final int READS = 10;
    private static final byte[] QCOW2 = {'Q', 'F', 'I', (byte) 0xfb};

    /**
     * Fetches it all, as near to the moment of the backup as can be: a disk that is plugged in or a variable that is
     * set while the disks are copied is not in them.
     */
    static PointFiles fetch(Attempt attempt) throws IOException {
        return fetch(attempt.facts(), seesHostFiles(attempt), attempt.plan().checkpoint());
    }

    /** The same of a domain without disks, so that nothing tells whether the host's files can be seen but its name. */
    static PointFiles fetch(HostFacts facts) throws IOException {
        return fetch(facts, facts.isHere(), null);
    }

    private static PointFiles fetch(HostFacts facts, boolean here, @Nullable String checkpoint) throws IOException {
        Domain domain = facts.domain();
        Map<String, byte[]> contents = new LinkedHashMap<>();
        boolean secrets = true;
        String xml;
        try {
            xml = Waiting.await(domain.xml(DomainXmlFlags.INACTIVE, DomainXmlFlags.SECURE));
        } catch (RemoteException e) {
            xml = Waiting.await(domain.xml(DomainXmlFlags.INACTIVE));
            secrets = false;
        }
        contents.put(PointFile.DOMAIN, xml.getBytes(StandardCharsets.UTF_8));
        Place place = facts.description().nvram();
        Nvram nvram = place == null ? null : fetchNvram(place, here, contents);
        if (checkpoint != null) {
            String description = Waiting.await(
                    Waiting.await(domain.checkpoints().find(checkpoint)).xml());
            contents.put(PointFile.CHECKPOINT, description.getBytes(StandardCharsets.UTF_8));
        }
        return new PointFiles(contents, secrets, nvram);
    }

    private static Nvram fetchNvram(Place place, boolean here, Map<String, byte[]> contents) throws IOException {
        String name = place.fullName();
        String reason = obstacle(place, here);
        if (reason == null) {
            try {
                byte[] variables = readTwice(Path.of(String.valueOf(name)));
                reason = obstacle(variables);
                if (variables != null && reason == null) {
                    contents.put(PointFile.NVRAM, variables);
                }
            } catch (IOException e) {
                reason = Problems.reason(e);
            }
        }
        return new Nvram(name == null ? "an unnamed place" : name, reason);
    }

    /** What the file holds, or null if QEMU writes it while it is read. */
    private static byte @Nullable [] readTwice(Path file) throws IOException {
        byte[] before = Files.readAllBytes(file);
        for (int i = 0; i < READS; i++) {
            byte[] now = Files.readAllBytes(file);
            if (Arrays.equals(before, now)) {
                return now;
            }
            before = now;
        }
        return null;
    }

    /** Why what was read is of no use, or null. */
    static @Nullable String obstacle(byte @Nullable [] variables) {
        if (variables == null) {
            return "the guest changed them while they were read";
        }
        boolean qcow2 = variables.length >= QCOW2.length && Arrays.equals(QCOW2, 0, 4, variables, 0, 4);
        return qcow2 ? "the file is a qcow2 image, of which QEMU holds parts in memory" : null;
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
        for (Map.Entry<String, byte[]> content : contents.entrySet()) {
            byte[] bytes = content.getValue();
            String name = name(content.getKey());
            folder.write(name, bytes);
            written.add(new PointFile(content.getKey(), name, bytes.length, Sha256.hex(Sha256.of(bytes))));
        }
        return written;
    }

    private static String name(String role) {
        return switch (role) {
            case PointFile.DOMAIN -> Names.DOMAIN_XML;
            case PointFile.NVRAM -> Names.NVRAM;
            default -> Names.CHECKPOINT_XML;
        };
    }

    /** Why UEFI variables that lie there cannot be saved, or null. */
    static @Nullable String obstacle(Place place, boolean here) throws IOException {
        if (place.type().equals(DomainDescription.VARSTORE)) {
            return "they are in a varstore, and only those in an nvram file can be saved";
        }
        if (!place.type().equals("file")) {
            return "they are of type " + place.type() + ", and only those in a file can be saved";
        }
        if (place.name() == null) {
            return "the domain's XML does not name their file";
        }
        if (!here) {
            return "the file is on another host, and libvirt has no call that reads it";
        }
        Path path = Path.of(place.name());
        if (!Files.isRegularFile(path)) {
            return "it is not a file that can be read here";
        }
        if (!Files.isReadable(path)) {
            return "permission denied";
        }
        return Files.size(path) > NVRAM_MAX ? "it is too large for UEFI variables" : null;
    }
}
