// SPDX-License-Identifier: Apache-2.0
/**
 * A run of a job: {@link dev.virtwire.jobs.run.JobRun} tells its steps in order, and
 * {@link dev.virtwire.jobs.report.JobResult} says how it went. One run of a job at a time.
 */
@NullMarked
package dev.virtwire.jobs.run;

import org.jspecify.annotations.NullMarked;
