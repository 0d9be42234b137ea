// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.storage.Storage;
import dev.virtwire.client.storage.StoragePool;
import dev.virtwire.client.xml.XmlWriter;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.journal.JournalEntry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

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

    private static final Duration PAUSE = Duration.ofMillis(100);
    private static final int TRIES = 100;
    private static final int MOST_REFUSALS = 10;

    private final Storage storage;
    private final JournalEntry entry;
    private final List<String> done = new ArrayList<>();
    private final List<String> unknown = new ArrayList<>();

    public HostFiles(Libvirt libvirt, JournalEntry entry) {
        this.storage = libvirt.storage();
        this.entry = entry;
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
        String own = ownName();
        Map<String, List<String>> byFolder = new LinkedHashMap<>();
        for (String file : files) {
            int slash = file.lastIndexOf('/');
            if (slash > 0 && file.startsWith(own, slash + 1)) {
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

    /** The host's own pool of the folder, else one of ours. Another run's is waited for, because that run ends it. */
    private StoragePool open(String folder) {
        int refusals = 0;
        for (int left = TRIES; ; left--) {
            StoragePool known = pool(folder);
            if (known != null && (!isAnotherRuns(known) || left == 0)) {
                return known;
            }
            if (known == null) {
                try {
                    return make(folder);
                } catch (RemoteException e) {
                    // Another run may have been faster, and may be done by the next look.
                    refusals++;
                    if (!e.is(ErrorCode.OPERATION_FAILED) || refusals == MOST_REFUSALS) {
                        throw e;
                    }
                }
            }
            Waiting.pause(PAUSE);
        }
    }

    private boolean isAnotherRuns(StoragePool pool) {
        return pool.name().startsWith("virtwire-") && !pool.name().equals(ownName());
    }

    private <T> T in(String folder, Function<StoragePool, T> use) {
        StoragePool pool = open(folder);
        try {
            Waiting.await(pool.refresh());
            return use.apply(pool);
        } finally {
            // One of this name was left by a run that died before it came here.
            if (pool.name().equals(ownName())) {
                Waiting.await(pool.destroy());
            }
        }
    }

    private void delete(StoragePool pool, String path, String name) {
        try {
            Waiting.await(Waiting.await(pool.volume(name)).delete());
            done.add("deleted " + path + " on host " + entry.host().name());
        } catch (RemoteException e) {
            if (!e.is(ErrorCode.NO_STORAGE_VOL)) {
                unknown.add(perhaps(path, String.valueOf(e.getMessage())));
            }
        }
    }

    /**
     * The folder as a pool that is there already, which no other one may have as well; null if there is no such pool.
     */
    private @Nullable StoragePool pool(String folder) {
        try {
            return Waiting.await(storage.poolAt(folder));
        } catch (RemoteException e) {
            if (!e.is(ErrorCode.NO_STORAGE_POOL)) {
                throw e;
            }
            return null;
        }
    }

    /** Nothing is written there, and the pool goes when it is destroyed. */
    private StoragePool make(String folder) {
        return Waiting.await(storage.createPool(XmlWriter.document(
                "pool",
                pool -> pool.attribute("type", "dir")
                        .textElement("name", ownName())
                        .element("target", target -> target.textElement("path", folder)))));
    }

    private String ownName() {
        return Names.onHost(entry.repository(), entry.domain().uuid(), entry.point(), entry.random());
    }

    private String perhaps(String file, String why) {
        return "perhaps %s on host %s. It could not be looked for (%s): delete it there"
                .formatted(file, entry.host().name(), why);
    }
}
