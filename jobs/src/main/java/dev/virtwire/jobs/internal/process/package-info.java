// SPDX-License-Identifier: Apache-2.0
/** Programs that a job runs: with a time limit, and with all that they have started. */
@NullMarked
package dev.virtwire.jobs.internal.process;

import org.jspecify.annotations.NullMarked;
