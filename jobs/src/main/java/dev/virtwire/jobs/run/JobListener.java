// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.run;

import dev.virtwire.repository.ProgressListener;

/**
 * Told of a run while it is under way, on any thread.
 *
 * @since 0.1
 */
public interface JobListener {
    /** Hears nothing. */
    JobListener NONE = new JobListener() {
        @Override
        public ProgressListener progressOf(String guest) {
            return ProgressListener.NONE;
        }

        @Override
        public void note(String sentence) {}

        @Override
        public void trustWeakened(String sentence) {}
    };

    /** Who is told how far the backup of a guest is. */
    ProgressListener progressOf(String guest);

    /** Something that is being done or waited for. */
    void note(String sentence);

    /** Something weakens the trust in a connection. */
    void trustWeakened(String sentence);
}
