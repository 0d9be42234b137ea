// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

/**
 * Told how far something has come: at most about ten times a second, and once at each change of phase.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface ProgressListener {
    /** Hears nothing. */
    ProgressListener NONE = progress -> {};

    /** Called on a thread of the backup; must return soon. What it throws ends the backup. */
    void progressed(Progress progress);

    /**
     * Called once if another run or job is in the way, and the request says to wait for that.
     *
     * @param reason what is waited for, and for how long at most: a sentence
     */
    default void waiting(String reason) {}
}
