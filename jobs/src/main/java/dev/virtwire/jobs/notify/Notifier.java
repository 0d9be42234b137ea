// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.notify;

import dev.virtwire.jobs.report.JobResult;

/** Tells somebody how a job went. Each call returns in a time that is bounded. */
interface Notifier {
    /**
     * A run begins.
     *
     * @param machine the machine that runs it
     * @throws NotificationException if nobody was told who should have been
     */
    default void began(String job, String machine) throws NotificationException {}

    /**
     * A run has ended.
     *
     * @throws NotificationException if nobody was told who should have been
     */
    void ended(JobResult result) throws NotificationException;
}
