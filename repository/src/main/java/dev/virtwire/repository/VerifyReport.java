// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a verification found.
 *
 * @param points the points that were looked at, as {@code domain@id}
 * @param depth how much was read
 * @param bytes bytes of disk images, and to the full depth of disks, that were read
 * @param damage everything that is not as it was written, each with file and place
 * @param lost by {@code domain@id}, what of a point's disks cannot be given back as it was, in whatever file the damage
 *     is; also of points that were not asked for and build on damaged ones
 * @param unverifiable what cannot be verified from here, each with the reason: disks of pushes, points of newer
 *     programs, files that this program may not read
 * @param notices what is strange and does no harm, such as a file that belongs to no point
 * @since 0.1
 */
public record VerifyReport(
        List<String> points,
        VerifyDepth depth,
        long bytes,
        List<Finding> damage,
        Map<String, List<LostRange>> lost,
        List<String> unverifiable,
        List<Notice> notices) {
    /** Copies the lists. */
    public VerifyReport {
        points = List.copyOf(points);
        damage = List.copyOf(damage);
        lost = Collections.unmodifiableMap(new LinkedHashMap<>(lost));
        unverifiable = List.copyOf(unverifiable);
        notices = List.copyOf(notices);
    }

    /** Whether everything is accounted for, as deep as was looked: to {@link VerifyDepth#DIGESTS}, every byte. */
    public boolean intact() {
        return damage.isEmpty() && unverifiable.isEmpty();
    }
}
