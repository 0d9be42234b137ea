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

/** The order in which points were made: each after the one that was the newest then, whatever the clock said. */
public final class PointOrder {
    /**
     * What a point says of its place.
     *
     * @param id the point
     * @param began when it was made, by the clock
     * @param previous the newest point when it was made, or null
     */
    public record Link(String id, Instant began, @Nullable String previous) {}

    private PointOrder() {}

    /** The points, oldest first. Where a point between two is gone, the clock decides. */
    public static <T> List<T> of(Collection<T> points, Function<T, Link> link) {
        List<T> byTime = new ArrayList<>(points);
        byTime.sort(Comparator.comparing((T point) -> link.apply(point).began())
                .thenComparing(point -> link.apply(point).id()));
        Map<String, T> byId = new HashMap<>();
        byTime.forEach(point -> byId.put(link.apply(point).id(), point));
        Set<T> ordered = new LinkedHashSet<>();
        for (T point : byTime) {
            Deque<T> before = new ArrayDeque<>();
            // A ring of damaged links ends where it began.
            Set<T> walked = new LinkedHashSet<>();
            @Nullable T at = point;
            while (at != null && !ordered.contains(at) && walked.add(at)) {
                before.push(at);
                String previous = link.apply(at).previous();
                at = previous == null ? null : byId.get(previous);
            }
            ordered.addAll(before);
        }
        return List.copyOf(ordered);
    }
}
