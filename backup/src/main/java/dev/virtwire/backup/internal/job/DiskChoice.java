// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.NoDiskException;
import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.client.xml.DomainDescription;
import dev.virtwire.client.xml.DomainDescription.Disk;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.manifest.DiskEncryption;
import dev.virtwire.repository.manifest.DiskSource;
import dev.virtwire.repository.manifest.ExcludedDisk;
import dev.virtwire.repository.manifest.Mode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which of a domain's disks are backed up.
 *
 * @param disks those that are
 * @param excluded those that are not, each with the reason
 */
public record DiskChoice(List<ChosenDisk> disks, List<ExcludedDisk> excluded) {
    /**
     * What the plan says of this domain's disks.
     *
     * @throws BackupException if it names a disk that is not there or cannot be backed up, or (a
     *     {@link NoDiskException}) none is left and the plan does not allow for that
     */
    static DiskChoice of(BackupRequest plan, String domain, List<Disk> all) {
        Map<String, Disk> known = new LinkedHashMap<>();
        all.forEach(disk -> known.put(disk.target(), disk));
        requireKnown(plan.disks(), domain, known);
        requireKnown(plan.excluded(), domain, known);
        List<ChosenDisk> chosen = new ArrayList<>();
        List<ExcludedDisk> excluded = new ArrayList<>();
        boolean byUser = plan.mode() == Mode.PUSH;
        for (Disk disk : all) {
            String obstacle = obstacle(disk);
            boolean named = plan.disks().contains(disk.target());
            if (plan.excluded().contains(disk.target())) {
                excluded.add(new ExcludedDisk(disk.target(), ExcludedDisk.EXCLUDED));
                byUser = true;
            } else if (obstacle != null && named) {
                throw new BackupException(
                        "disk " + disk.target() + " of domain " + domain + " cannot be backed up: " + obstacle);
            } else if (obstacle != null) {
                excluded.add(new ExcludedDisk(disk.target(), obstacle));
            } else if (!named && !plan.disks().isEmpty()) {
                excluded.add(new ExcludedDisk(disk.target(), ExcludedDisk.NOT_CHOSEN));
                byUser = true;
            } else {
                chosen.add(new ChosenDisk(disk.target(), source(disk)));
            }
        }
        if (chosen.isEmpty() && (byUser || !plan.diskless())) {
            throw new NoDiskException("domain " + domain + " has no disk to back up"
                    + (excluded.isEmpty()
                            ? ""
                            : ": " + excluded.get(0).target() + ": "
                                    + excluded.get(0).reason()));
        }
        return new DiskChoice(List.copyOf(chosen), List.copyOf(excluded));
    }

    /** As {@link #of(BackupRequest, String, List)}, of a domain as the host described it. */
    public static DiskChoice of(BackupRequest plan, HostFacts facts) {
        return of(plan, facts.identity().name(), facts.description().disks());
    }

    /** As {@link #of(BackupRequest, HostFacts)}, of a domain that ran with disks, and is off by now. */
    static DiskChoice ofStopped(BackupRequest plan, HostFacts facts) {
        DiskChoice choice = of(plan, facts);
        if (choice.disks.isEmpty()) {
            throw new NoDiskException(
                    "domain " + facts.identity().name() + " has shut down, and its definition has no disk to back up");
        }
        return choice;
    }

    /** The targets of those that are backed up. */
    public List<String> targets() {
        return disks.stream().map(ChosenDisk::target).toList();
    }

    /** Why the disk cannot be backed up, or does not need to be; null if it can. */
    private static @Nullable String obstacle(Disk disk) {
        String type = disk.place().type();
        if (!Names.isTarget(disk.target())) {
            return "its target is no name for a file";
        }
        if (disk.isEmpty()) {
            return ExcludedDisk.EMPTY;
        }
        if (disk.isRemovable()) {
            return ExcludedDisk.removable(disk.device());
        }
        if (disk.isReadOnly()) {
            return "it is read-only";
        }
        if (disk.isTransient()) {
            return "it is transient: its changes are thrown away when the guest stops";
        }
        if (disk.encryption() != null && disk.encryption().secret() == null) {
            return "it is encrypted, and no secret is named that its scratch file could be encrypted with";
        }
        return type.equals("vhostuser") || type.equals("vhostvdpa")
                ? "it is of type " + type + ", which the hypervisor cannot read"
                : null;
    }

    private static DiskSource source(Disk disk) {
        String format = disk.format();
        DomainDescription.Encryption encryption = disk.encryption();
        return new DiskSource(
                disk.place().type(),
                disk.place().fullName(),
                format == null ? "raw" : format,
                encryption == null ? null : new DiskEncryption(encryption.format(), encryption.secret(), false),
                disk.place().hosts());
    }

    private static void requireKnown(Iterable<String> targets, String domain, Map<String, Disk> known) {
        for (String target : targets) {
            if (!known.containsKey(target)) {
                throw new BackupException("domain " + domain + " has no disk " + target
                        + (known.isEmpty() ? "" : "; it has " + String.join(", ", known.keySet())));
            }
        }
    }
}
