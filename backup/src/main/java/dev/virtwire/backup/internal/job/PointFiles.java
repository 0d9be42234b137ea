// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.client.RemoteException;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.xml.DomainDescription.Place;
import dev.virtwire.protocol.remote.DomainXmlFlags;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.format.Sha256;
import dev.virtwire.repository.manifest.Nvram;
import dev.virtwire.repository.manifest.PointFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a point holds besides disks: the domain's XML, its UEFI variables and its checkpoint's description. */
final class PointFiles {
    /** UEFI variable stores have 64 KiB to a few MiB; what is larger is none. */
    private static final long NVRAM_MAX = 64L << 20;

    private final boolean secrets;
    private final Map<String, byte[]> contents = new LinkedHashMap<>();
    private @Nullable Nvram nvram;

    private PointFiles(boolean secrets) {
        this.secrets = secrets;
    }

    /**
     * Fetches it all, as near to the moment of the backup as can be: a disk that is plugged in or a variable that is set
     * while the disks are copied is not in them.
     *
     * @param nvram where the UEFI variables lie, or null for a domain without
     * @param here whether files of the host are files of this machine
     * @param checkpoint the checkpoint that was made, or null
     */
    static PointFiles fetch(Domain domain, @Nullable Place nvram, boolean here, @Nullable String checkpoint)
            throws IOException {
        PointFiles fetched;
        String xml;
        try {
            xml = Waiting.await(domain.xml(DomainXmlFlags.INACTIVE, DomainXmlFlags.SECURE));
            fetched = new PointFiles(true);
        } catch (RemoteException e) {
            xml = Waiting.await(domain.xml(DomainXmlFlags.INACTIVE));
            fetched = new PointFiles(false);
        }
        fetched.contents.put(PointFile.DOMAIN, xml.getBytes(StandardCharsets.UTF_8));
        if (nvram != null) {
            fetched.fetchNvram(nvram, here);
        }
        if (checkpoint != null) {
            String description = Waiting.await(
                    Waiting.await(domain.checkpoints().find(checkpoint)).xml());
            fetched.contents.put(PointFile.CHECKPOINT, description.getBytes(StandardCharsets.UTF_8));
        }
        return fetched;
    }

    private void fetchNvram(Place place, boolean here) throws IOException {
        String name = place.fullName();
        String reason = obstacle(place, here);
        if (reason == null) {
            try {
                contents.put(PointFile.NVRAM, Files.readAllBytes(Path.of(String.valueOf(name))));
            } catch (IOException e) {
                reason = Problems.reason(e);
            }
        }
        nvram = new Nvram(name == null ? "an unnamed place" : name, reason);
    }

    /** Whether passwords stand in the domain's XML: the host may not hand them out. */
    boolean secrets() {
        return secrets;
    }

    /** The domain's UEFI variables, with the reason if they were not saved; null for a domain without. */
    @Nullable
    Nvram nvram() {
        return nvram;
    }

    /** Writes the files into a point's folder. */
    List<PointFile> write(DurableFiles files, Path folder) throws IOException {
        List<PointFile> written = new ArrayList<>();
        for (Map.Entry<String, byte[]> content : contents.entrySet()) {
            byte[] bytes = content.getValue();
            String name = name(content.getKey());
            files.writeNew(folder.resolve(name), bytes);
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
