// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import static java.util.Objects.requireNonNull;

import dev.virtwire.repository.Point;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.ManifestDisk;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a new point builds on, and which of its disks do.
 *
 * @param level the point's level
 * @param parent the point that it builds on, or out of which it is made: see {@link #isRebased}; null if all is read
 * @param incremental the targets of the disks of which only changes are stored, or only read if it is rebased; empty
 *     if there is no parent
 * @param compared those of them that are read as a whole and compared with the parent, because no bitmap tells what
 *     changed
 * @param reasons by target, why each disk is copied as it is
 */
record ParentChoice(
        Level level,
        @Nullable Point parent,
        Set<String> incremental,
        Set<String> compared,
        Map<String, String> reasons) {
    ParentChoice {
        incremental = Set.copyOf(incremental);
        compared = Set.copyOf(compared);
        reasons = Map.copyOf(reasons);
    }

    /** All of every disk, for one reason. */
    static ParentChoice full(List<ChosenDisk> disks, String reason) {
        Map<String, String> reasons = new LinkedHashMap<>();
        disks.forEach(disk -> reasons.put(disk.target(), reason));
        return new ParentChoice(Level.FULL, null, Set.of(), Set.of(), reasons);
    }

    /**
     * Whether the disks that are in {@code incremental} are stored in full nevertheless: what changed is read from the
     * host, and the rest from the parent, upon which the new point does not build.
     */
    boolean isRebased() {
        return level == Level.FULL && parent != null;
    }

    /** What the new point builds on. */
    @Nullable
    Point builtOn() {
        return isRebased() ? null : parent;
    }

    /** How much of a disk is copied. */
    Level levelOf(String target) {
        return incremental.contains(target) ? level : Level.FULL;
    }

    /** Why. */
    String reasonOf(String target) {
        return requireNonNull(reasons.get(target), target);
    }

    /** The targets of the disks of which a bitmap tells what changed. */
    Set<String> byBitmap() {
        Set<String> targets = new HashSet<>(incremental);
        targets.removeAll(compared);
        return targets;
    }

    /** The checkpoint since which a disk's changes are read, or null if all of it is. */
    @Nullable
    String checkpointOf(String target) {
        return incremental.contains(target) && !compared.contains(target)
                ? requireNonNull(parent).manifest().checkpoint()
                : null;
    }

    /** A disk as the parent has it. */
    ManifestDisk parentOf(String target) {
        return requireNonNull(requireNonNull(parent).manifest().disk(target), target);
    }
}
