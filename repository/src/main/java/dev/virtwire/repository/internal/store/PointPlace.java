// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.store;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a point says of its place among others. Each was made after the one that was the newest then, whatever the clock
 * said.
 *
 * @param id the point
 * @param began when it was made, by the clock
 * @param previous the newest point when it was made, or null
 */
public record PointPlace(String id, Instant began, @Nullable String previous) {
    /** The points, oldest first. If a point between two is gone, the clock decides. */
    public static <T> List<T> inOrder(Collection<T> points, Function<T, PointPlace> place) {
        List<T> byTime = new ArrayList<>(points);
        byTime.sort(Comparator.comparing((T point) -> place.apply(point).began())
                .thenComparing(point -> place.apply(point).id()));
        Map<String, T> byId = new HashMap<>();
        byTime.forEach(point -> byId.put(place.apply(point).id(), point));
        Set<T> ordered = new LinkedHashSet<>();
        for (T point : byTime) {
            Deque<T> before = new ArrayDeque<>();
            // A ring of damaged links ends where it began.
            Set<T> walked = new LinkedHashSet<>();
            @Nullable T at = point;
            while (at != null && !ordered.contains(at) && walked.add(at)) {
                before.push(at);
                String previous = place.apply(at).previous();
                at = previous == null ? null : byId.get(previous);
            }
            ordered.addAll(before);
        }
        return List.copyOf(ordered);
    }
}
