// SPDX-License-Identifier: Apache-2.0
/** How a run of a job went: as records, as JSON, and as text for people. */
@NullMarked
package dev.virtwire.jobs.report;

import org.jspecify.annotations.NullMarked;
