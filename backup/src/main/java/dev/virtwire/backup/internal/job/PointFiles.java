// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.backup.internal.repository.DurableFiles;
import dev.virtwire.backup.internal.repository.Names;
import dev.virtwire.backup.internal.repository.Problems;
import dev.virtwire.backup.internal.repository.Sha256;
import dev.virtwire.backup.manifest.DomainXml;
import dev.virtwire.backup.manifest.Nvram;
import dev.virtwire.backup.manifest.StoredFile;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.protocol.remote.DomainXmlFlags;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Saves what a point holds besides disks: the domain's XML and its UEFI variables. */
final class PointFiles {
    /** UEFI variable stores have 64 KiB to a few MiB; what is larger is none. */
    private static final long NVRAM_MAX = 64L << 20;

    private final DurableFiles files;
    private final Path folder;

    PointFiles(DurableFiles files, Path folder) {
        this.files = files;
        this.folder = folder;
    }

    /** Saves the XML that the domain will have at its next start, with passwords where the host hands them out. */
    DomainXml domainXml(Domain domain, List<String> libvirtSecrets) throws IOException {
        String xml;
        boolean secrets = true;
        try {
            xml = Waiting.await(domain.xml(DomainXmlFlags.INACTIVE, DomainXmlFlags.SECURE));
        } catch (RemoteException e) {
            xml = Waiting.await(domain.xml(DomainXmlFlags.INACTIVE));
            secrets = false;
        }
        StoredFile stored = write(Names.DOMAIN_XML, xml.getBytes(StandardCharsets.UTF_8));
        return new DomainXml(stored, secrets, libvirtSecrets);
    }

    /** Saves the UEFI variables in {@code path} where that is a file of this machine. */
    Nvram nvram(String path, boolean here) throws IOException {
        String obstacle = obstacle(Path.of(path), here);
        if (obstacle != null) {
            return new Nvram(path, null, obstacle);
        }
        byte[] content;
        try {
            content = Files.readAllBytes(Path.of(path));
        } catch (IOException e) {
            return new Nvram(path, null, Problems.reason(e));
        }
        return new Nvram(path, write(Names.NVRAM, content), null);
    }

    private static @Nullable String obstacle(Path path, boolean here) throws IOException {
        if (!here) {
            return "the file is on another host, and libvirt has no call that reads it";
        }
        if (!Files.isRegularFile(path)) {
            return "it is not a file that can be read here";
        }
        if (!Files.isReadable(path)) {
            return "permission denied";
        }
        return Files.size(path) > NVRAM_MAX ? "it is too large for UEFI variables" : null;
    }

    private StoredFile write(String name, byte[] content) throws IOException {
        files.writeNew(folder.resolve(name), content);
        return new StoredFile(name, content.length, Sha256.hex(Sha256.of(content)));
    }
}
