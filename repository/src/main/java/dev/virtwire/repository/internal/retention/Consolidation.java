// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.retention;

import dev.virtwire.repository.Point;
import java.util.List;

/** Merges points that go into one that stays. */
@FunctionalInterface
public interface Consolidation {
    /**
     * Finishes what other runs began. The caller holds the domain's lock.
     *
     * @throws dev.virtwire.repository.DamagedException if something that the merge reads is damaged: what stays holds
     *     what it held, and reads all that it read
     * @throws dev.virtwire.repository.RepositoryException if it cannot be done
     */
    default void resume() {
        // Of what does all in one step nothing is left.
    }

    /**
     * Merges a run into the point that builds on it. When this returns, {@code stays} has the content that it had, and
     * builds on what the oldest of the run built on, or on nothing. Those of the run on which no other point builds are
     * gone; the others have a merge of their own to come. The caller holds the domain's lock.
     *
     * @param stays the point that stays, as its manifest says it now
     * @param run the ids of its ancestors that go, newest first: each builds on the next
     * @throws dev.virtwire.repository.DamagedException if something that the merge reads is damaged: nothing is changed
     *     then, unless the damage is newer than the merge
     * @throws dev.virtwire.repository.RepositoryException if it cannot be done; the next prune may finish it
     */
    void merge(Point stays, List<String> run);
}
