// SPDX-License-Identifier: Apache-2.0
/**
 * Being told how a job went: {@link dev.virtwire.jobs.notify.Notifier} and those that implement it. One that fails
 * changes nothing about the job but a warning.
 */
@NullMarked
package dev.virtwire.jobs.notify;

import org.jspecify.annotations.NullMarked;
