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

    /** Why a disk is copied as it is if its bitmap turns out to tell nothing, for the reason {@code noBitmap}. */
    String reasonWithout(String target, String noBitmap) {
        Point point = requireNonNull(parent);
        if (!isRebased()) {
            return compared(point, noBitmap);
        }
        // A plan that is taken over from a run that died has its reasons only.
        String reason = reasonOf(target);
        String before = rebased(point, "");
        return base(reason.startsWith(before) ? reason.substring(before.length()) : reason, noBitmap);
    }

    /** The reason if a bitmap tells what changed. */
    static String changed(Point parent) {
        return "what changed since point " + parent.id();
    }

    /** The reason if none does. */
    static String compared(Point parent, String noBitmap) {
        return "what differs from point " + parent.id() + ", found by reading all of it: " + noBitmap;
    }

    /** The reason for a new base if a bitmap tells what changed. */
    static String rebased(Point parent, String limit) {
        return "a new base, made out of point " + parent.id() + " and what changed since: " + limit;
    }

    /** The reason for a new base if none does: all has to be read anyway, and then the repository need not be. */
    static String base(String limit, String noBitmap) {
        return "a new base: " + limit + "; and " + noBitmap;
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
