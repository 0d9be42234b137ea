// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import dev.virtwire.backup.BackupException;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.storage.Storage;
import dev.virtwire.client.storage.StoragePool;
import dev.virtwire.client.storage.StorageVolume;
import dev.virtwire.client.xml.XmlElement;
import dev.virtwire.client.xml.XmlWriter;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.StoragePoolCreateFlags;
import dev.virtwire.protocol.remote.StorageVolInfoFlags;
import dev.virtwire.protocol.stream.ReadableStream;
import dev.virtwire.protocol.stream.WritableStream;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.journal.JournalEntry;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks into folders of a host that is another machine, and deletes there what a point has left: by libvirt's storage
 * driver, for which the connection is enough, whatever it goes through. A folder that is no pool becomes one for that
 * long. Files whose names are not the point's own are not touched, whatever stands in the journal.
 */
public final class HostFiles {
    /**
     * What is free in a folder.
     *
     * @param bytes how much
     */
    public record Free(String folder, long bytes) {}

    private static final Logger LOG = LoggerFactory.getLogger(HostFiles.class);
    private static final Duration PAUSE = Duration.ofMillis(100);
    private static final int TRIES = 100;
    private static final int MOST_REFUSALS = 10;
    private static final Duration MOST_FOR_A_FILE = Duration.ofMinutes(1);
    private static final int PIECE = 64 << 10;
    private static final long MOST_REPLACED = 64L << 20;

    private final Storage storage;
    private final String host;
    private final String ownFiles;
    private final String ownPool;
    private final List<String> done = new ArrayList<>();
    private final List<String> unknown = new ArrayList<>();

    /** Of the run that an entry of the journal is of. */
    public HostFiles(Libvirt libvirt, JournalEntry entry) {
        this(
                libvirt,
                entry.host().name(),
                Names.onHost(entry.repository(), entry.domain().uuid(), entry.point(), entry.random()),
                new OwnPools(entry.repository(), entry.domain().uuid()).ofRun());
    }

    /**
     * Of a run that deletes nothing.
     *
     * @param host the host's name, for messages
     * @param ownPool the name of its pools
     */
    public HostFiles(Libvirt libvirt, String host, String ownPool) {
        this(libvirt, host, ownPool, ownPool);
    }

    private HostFiles(Libvirt libvirt, String host, String ownFiles, String ownPool) {
        this.storage = libvirt.storage();
        this.host = host;
        this.ownFiles = ownFiles;
        this.ownPool = ownPool;
    }

    /** What was deleted, each one sentence. */
    public List<String> done() {
        return done;
    }

    /** What may still be there, each with the reason why that is not known. */
    public List<String> unknown() {
        return unknown;
    }

    /** Deletes those files that are there. */
    public void delete(List<String> files) {
        Map<String, List<String>> byFolder = new LinkedHashMap<>();
        for (String file : files) {
            int slash = file.lastIndexOf('/');
            if (slash > 0 && file.startsWith(ownFiles, slash + 1)) {
                byFolder.computeIfAbsent(file.substring(0, slash), folder -> new ArrayList<>())
                        .add(file.substring(slash + 1));
            } else {
                unknown.add(perhaps(file, "its name is not one of this point's"));
            }
        }
        byFolder.forEach(this::delete);
    }

    private void delete(String folder, List<String> names) {
        try {
            in(folder, pool -> {
                names.forEach(name -> delete(pool, folder + "/" + name, name));
                return names;
            });
        } catch (LibvirtException | IllegalArgumentException e) {
            names.forEach(name -> unknown.add(perhaps(folder + "/" + name, String.valueOf(e.getMessage()))));
        }
    }

    /**
     * The one of these folders of the host where the least is free.
     *
     * @throws LibvirtException if the host does not tell
     */
    public Free leastFree(Set<String> folders) {
        return folders.stream()
                .map(folder -> new Free(
                        folder, in(folder, pool -> Waiting.await(pool.info()).available())))
                .min(Comparator.comparingLong(Free::bytes))
                .orElseThrow();
    }

    /**
     * How many bytes are free in a folder of a host that is a pool already, as libvirt knew when that was refreshed
     * last; null if it is no pool.
     *
     * @throws LibvirtException if the host does not tell
     */
    public static @Nullable Long availableIfPool(Libvirt libvirt, String folder) {
        StoragePool pool = pool(libvirt.storage(), folder);
        return pool == null ? null : Waiting.await(pool.info()).available();
    }

    /** Whether {@link #read} finds a file in a pool of the host, so that its folder need not become one. */
    boolean isInPool(String path) {
        return volumeAt(path) != null;
    }

    /**
     * What a small file of the host holds. If it is a volume of an active pool, that is asked for it; else its folder
     * becomes a pool for that long.
     *
     * @param path absolute
     * @param most how many bytes it may have
     * @throws BackupException if it has more
     * @throws LibvirtException if the host does not give it
     */
    public byte[] read(String path, long most) {
        StorageVolume known = volumeAt(path);
        if (known != null) {
            try {
                return content(known, path, most);
            } catch (RemoteException e) {
                if (!isGone(e)) {
                    throw e;
                }
                // Its pool has ended meanwhile, or was looked at again.
                LOG.debug("{} was in a pool that went", path, e);
            }
        }
        int slash = path.lastIndexOf('/');
        return in(
                path.substring(0, Math.max(1, slash)),
                pool -> content(Waiting.await(pool.volume(path.substring(slash + 1))), path, most));
    }

    /**
     * As {@link #read}, of a volume of the host's own pool, or of the device that a pool of the host has there.
     *
     * @param place {@code pool/volume}, or the path of a device
     */
    public byte[] readVolume(String place, long most) {
        return content(volume(place), place, most);
    }

    /** How many bytes a volume has, which {@link #readVolume} takes. */
    public long sizeOfVolume(String place) {
        return length(volume(place));
    }

    private StorageVolume volume(String place) {
        int slash = place.indexOf('/');
        return slash == 0
                ? Waiting.await(storage.volumeByPath(place))
                : Waiting.await(Waiting.await(storage.pool(place.substring(0, Math.max(0, slash))))
                        .volume(place.substring(slash + 1)));
    }

    private static long length(StorageVolume volume) {
        return Waiting.await(volume.info(Set.of(StorageVolInfoFlags.GET_PHYSICAL)))
                .allocation();
    }

    private @Nullable StorageVolume volumeAt(String path) {
        try {
            StorageVolume volume = Waiting.await(storage.volumeByPath(path));
            // Another run ends its pool at any moment, and with that what reads from it. One of our own was left when
            // the connection was lost, and is to be ended.
            return isAnotherRuns(volume.poolName()) || volume.poolName().equals(ownPool) ? null : volume;
        } catch (RemoteException e) {
            if (!isGone(e)) {
                throw e;
            }
            return null;
        }
    }

    private static boolean isGone(RemoteException e) {
        return e.is(ErrorCode.NO_STORAGE_VOL) || e.is(ErrorCode.NO_STORAGE_POOL);
    }

    private static byte[] content(StorageVolume volume, String path, long most) {
        // What the pool knows of it may be old, so what comes is counted too.
        requireSmall(path, length(volume), most);
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        ByteBuffer piece = ByteBuffer.allocate(PIECE);
        try (ReadableStream stream = Waiting.await(volume.openDownload(0, 0))) {
            while (Waiting.await(stream.read(piece), MOST_FOR_A_FILE, "a piece of " + path) >= 0) {
                content.write(piece.array(), 0, piece.position());
                requireSmall(path, content.size(), most);
                piece.clear();
            }
            Waiting.await(stream.finish(), MOST_FOR_A_FILE, "the end of " + path);
        }
        return content.toByteArray();
    }

    private static void requireSmall(String path, long length, long most) {
        if (length > most) {
            throw new BackupException(path + " has more than " + most + " bytes");
        }
    }

    /**
     * Writes a file of the host, in the place of one that may be there, with that one's owner and mode. A folder that
     * is missing is made, for its owner alone. What was there stays beside it, as {@link #kept} says: whoever is ended
     * between two steps has lost nothing.
     *
     * @param before gets what was there, or null, before anything changes
     */
    public void replace(String path, byte[] content, Consumer<byte @Nullable []> before) {
        int slash = path.lastIndexOf('/');
        String name = path.substring(slash + 1);
        AtomicBoolean replaced = new AtomicBoolean();
        try {
            in(path.substring(0, slash), true, pool -> {
                StorageVolume old = find(pool, name);
                byte[] former = old == null ? null : content(old, path, MOST_REPLACED);
                List<XmlElement> permissions = old == null ? List.of() : permissions(old);
                before.accept(former);
                if (former != null) {
                    keep(pool, name, former, permissions);
                }
                try {
                    put(pool, name, content, permissions);
                } catch (RuntimeException e) {
                    bringBack(pool, name, former, permissions, e);
                    throw e;
                }
                replaced.set(true);
                return path;
            });
        } catch (LibvirtException e) {
            // The folder's pool could not be ended: the next run of this domain ends it.
            if (!replaced.get()) {
                throw e;
            }
            unknown.add("storage pool " + ownPool + " is left on host " + host + ": " + e.getMessage());
        }
    }

    /** Where {@link #replace} keeps what was there. What another run kept and could not bring back stays. */
    String kept(String path) {
        return path + ".before-" + ownPool;
    }

    private void keep(StoragePool pool, String name, byte[] former, List<XmlElement> permissions) {
        try {
            put(pool, kept(name), former, permissions);
        } catch (RuntimeException e) {
            try {
                delete(pool, kept(name));
            } catch (RuntimeException left) {
                e.addSuppressed(new BackupException("left behind: " + kept(name) + ": " + left.getMessage(), left));
            }
            throw e;
        }
    }

    private static List<XmlElement> permissions(StorageVolume volume) {
        return XmlElement.parse("volume XML", "volume", Waiting.await(volume.xml()))
                .children("target", "permissions");
    }

    private static void put(StoragePool pool, String name, byte[] content, List<XmlElement> permissions) {
        delete(pool, name);
        upload(Waiting.await(pool.createVolume(description(name, content.length, permissions))), content);
    }

    private static void delete(StoragePool pool, String name) {
        StorageVolume there = find(pool, name);
        if (there != null) {
            Waiting.await(there.delete());
        }
    }

    private void bringBack(
            StoragePool pool,
            String name,
            byte @Nullable [] former,
            List<XmlElement> permissions,
            RuntimeException failure) {
        try {
            if (former == null) {
                delete(pool, name);
            } else {
                put(pool, name, former, permissions);
                delete(pool, kept(name));
            }
        } catch (RuntimeException e) {
            failure.addSuppressed(new BackupException(
                    former == null
                            ? "left behind: a part of it"
                            : "what was there is in " + kept(name) + " beside it: " + e.getMessage(),
                    e));
        }
    }

    /** Takes {@link #replace} back: {@code former} was there. */
    public void bringBack(String path, byte[] former) {
        int slash = path.lastIndexOf('/');
        String name = path.substring(slash + 1);
        in(path.substring(0, slash), true, pool -> {
            StorageVolume kept = find(pool, kept(name));
            StorageVolume like = kept == null ? find(pool, name) : kept;
            put(pool, name, former, like == null ? List.of() : permissions(like));
            delete(pool, kept(name));
            return path;
        });
    }

    /** Deletes a file of the host, if it is there. */
    public void remove(String path) {
        int slash = path.lastIndexOf('/');
        in(path.substring(0, slash), false, pool -> {
            delete(pool, path.substring(slash + 1));
            return path;
        });
    }

    private static @Nullable StorageVolume find(StoragePool pool, String name) {
        try {
            return Waiting.await(pool.volume(name));
        } catch (RemoteException e) {
            if (!e.is(ErrorCode.NO_STORAGE_VOL)) {
                throw e;
            }
            return null;
        }
    }

    private static void upload(StorageVolume volume, byte[] content) {
        try (WritableStream stream = Waiting.await(volume.openUpload(0, content.length))) {
            Waiting.await(stream.write(ByteBuffer.wrap(content)), MOST_FOR_A_FILE, "the upload to " + volume);
            Waiting.await(stream.finish(), MOST_FOR_A_FILE, "the end of the upload to " + volume);
        }
    }

    private static String description(String name, long size, List<XmlElement> permissions) {
        XmlElement volume = XmlElement.parse(
                "volume XML",
                "volume",
                XmlWriter.document(
                        "volume",
                        xml -> xml.textElement("name", name)
                                .textElement("capacity", String.valueOf(size))
                                .element(
                                        "target",
                                        target ->
                                                target.element("format", format -> format.attribute("type", "raw")))));
        permissions.forEach(volume.childOrNew("target")::append);
        return volume.toXml();
    }

    /** The host's own pool of the folder, else one of ours. Another run's is waited for, because that run ends it. */
    private StoragePool open(String folder, boolean build) {
        int refusals = 0;
        for (int left = TRIES; ; left--) {
            StoragePool known = pool(storage, folder);
            if (known != null && (!isAnotherRuns(known.name()) || left == 0)) {
                return known;
            }
            if (known == null) {
                try {
                    // To build a folder that is there would change its mode.
                    return make(folder, build && refusals > 0);
                } catch (RemoteException e) {
                    // The folder may be missing. Another run may have been faster, and may be done by the next look.
                    refusals++;
                    boolean missing = build && refusals == 1;
                    if (!missing && (!e.is(ErrorCode.OPERATION_FAILED) || refusals == MOST_REFUSALS)) {
                        throw e;
                    }
                }
            }
            Waiting.pause(PAUSE);
        }
    }

    private boolean isAnotherRuns(String pool) {
        return OwnPools.isOne(pool) && !pool.equals(ownPool);
    }

    private <T extends @Nullable Object> T in(String folder, Function<StoragePool, T> use) {
        return in(folder, false, use);
    }

    private <T extends @Nullable Object> T in(String folder, boolean build, Function<StoragePool, T> use) {
        StoragePool pool = open(folder, build);
        try {
            Waiting.await(pool.refresh());
            return use.apply(pool);
        } finally {
            // One of this name was left by a run that died before it came here.
            if (pool.name().equals(ownPool)) {
                Waiting.await(pool.destroy());
            }
        }
    }

    private void delete(StoragePool pool, String path, String name) {
        try {
            Waiting.await(Waiting.await(pool.volume(name)).delete());
            done.add("deleted " + path + " on host " + host);
        } catch (RemoteException e) {
            if (!e.is(ErrorCode.NO_STORAGE_VOL)) {
                unknown.add(perhaps(path, String.valueOf(e.getMessage())));
            }
        }
    }

    /**
     * The folder as a pool that is there already, which no other one may have as well; null if there is no such pool.
     */
    private static @Nullable StoragePool pool(Storage storage, String folder) {
        try {
            return Waiting.await(storage.poolAt(folder));
        } catch (RemoteException e) {
            if (!e.is(ErrorCode.NO_STORAGE_POOL)) {
                throw e;
            }
            return null;
        }
    }

    /** The pool goes when it is destroyed, and what is in it stays. */
    private StoragePool make(String folder, boolean build) {
        String xml = XmlWriter.document(
                "pool",
                pool -> pool.attribute("type", "dir")
                        .textElement("name", ownPool)
                        .element("target", target -> {
                            target.textElement("path", folder);
                            if (build) {
                                target.element("permissions", made -> made.textElement("mode", "0700"));
                            }
                        }));
        return Waiting.await(
                build ? storage.createPool(xml, StoragePoolCreateFlags.WITH_BUILD) : storage.createPool(xml));
    }

    private String perhaps(String file, String why) {
        return "perhaps %s on host %s. It could not be looked for (%s): delete it there".formatted(file, host, why);
    }
}
