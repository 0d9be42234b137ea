// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.internal.host.FileSystemType;
import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.backup.internal.host.Waiting;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.storage.StoragePool;
import dev.virtwire.client.xml.XmlElement;
import dev.virtwire.repository.manifest.DiskSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the disks of a domain that is off are this host's own. Elsewhere the same guest may run on them, and QEMU's
 * locks reach no other host through block devices, the network, or every network file system.
 */
public final class OwnStorage {
    private static final Logger LOG = LoggerFactory.getLogger(OwnStorage.class);

    private static final Set<String> POOLS_OF_FILES = Set.of("dir", "fs");
    private static final Set<String> SHARED_POOLS = Set.of("gluster", "netfs", "vstorage");

    private final Libvirt libvirt;
    /** The pools' descriptions by their names; null as long as nobody needed them. */
    private volatile @Nullable Map<String, XmlElement> pools;

    /** Of domains of this host, which is asked for its pools once. */
    public OwnStorage(Libvirt libvirt) {
        this.libvirt = libvirt;
    }

    private Map<String, XmlElement> pools() {
        Map<String, XmlElement> known = pools;
        if (known == null) {
            known = described(libvirt);
            pools = known;
        }
        return known;
    }

    private static Map<String, XmlElement> described(Libvirt libvirt) {
        Map<String, XmlElement> described = new LinkedHashMap<>();
        try {
            for (StoragePool pool : Waiting.await(libvirt.storage().pools())) {
                XmlElement description = description(pool);
                if (description != null) {
                    described.put(pool.name(), description);
                }
            }
        } catch (LibvirtException e) {
            LOG.debug("{} tells of no pools", libvirt.uri().where(), e);
        }
        return described;
    }

    /**
     * Refuses a domain that is off if the request is for running ones only, and disks that may be other hosts' too.
     *
     * @throws BackupException if it refuses; the message says what a person can declare
     */
    public void require(BackupRequest request, HostFacts facts, List<ChosenDisk> disks) {
        if (request.runningOnly()) {
            throw new BackupException(
                    "domain " + facts.identity().name() + " is off, and only running ones are backed up");
        }
        if (request.ownStorage()) {
            return;
        }
        for (ChosenDisk disk : disks) {
            String shared = shared(disk.source());
            if (shared != null) {
                throw new BackupException("domain " + facts.identity().name() + " is off, and its disk "
                        + disk.target() + " lies on " + shared + ": the guest may run on another host, and QEMU's"
                        + " locks would not show it here. If no other host uses the disk, say so by --own-storage");
            }
        }
    }

    /** What a disk lies on that other hosts may have too, or null. */
    private @Nullable String shared(DiskSource source) {
        String name = source.name();
        if (name == null) {
            return "an unnamed place";
        }
        return switch (source.type()) {
            case "file" -> sharedFile(name);
            case "volume" -> sharedVolume(name);
            case "block" -> "the block device " + name;
            case "network" -> "the network, " + name;
            default -> "a place of type " + source.type() + ", " + name;
        };
    }

    private @Nullable String sharedVolume(String name) {
        int slash = name.indexOf('/');
        String pool = slash < 0 ? name : name.substring(0, slash);
        XmlElement description = pools().get(pool);
        if (description == null) {
            return "storage pool " + pool + ", of which the host tells nothing";
        }
        String type = String.valueOf(description.attribute("type"));
        String path = description.childText("target", "path");
        return POOLS_OF_FILES.contains(type) && path != null
                ? sharedFile(path + "/" + name.substring(slash + 1))
                : "storage pool " + pool + " of type " + type;
    }

    private @Nullable String sharedFile(String file) {
        for (Map.Entry<String, XmlElement> pool : pools().entrySet()) {
            String type = String.valueOf(pool.getValue().attribute("type"));
            String path = pool.getValue().childText("target", "path");
            if (path != null && SHARED_POOLS.contains(type) && file.startsWith(path + "/")) {
                return "storage pool " + pool.getKey() + " of type " + type;
            }
        }
        return HostFacts.isHere(libvirt) ? sharedHere(Path.of(file)) : null;
    }

    /** A file that is not seen from here, as in a container, is of a file system that nobody knows. */
    private static @Nullable String sharedHere(Path file) {
        try {
            String type = Files.getFileStore(file).type();
            return new FileSystemType(type).isShared() ? "a file system of type " + type + ", in " + file : null;
        } catch (IOException e) {
            LOG.debug("{} is not seen from here", file, e);
            return null;
        }
    }

    private static @Nullable XmlElement description(StoragePool pool) {
        try {
            return XmlElement.parse("pool XML", "pool", Waiting.await(pool.xml()));
        } catch (LibvirtException | IllegalArgumentException e) {
            LOG.debug("pool {} is not described", pool.name(), e);
            return null;
        }
    }
}
