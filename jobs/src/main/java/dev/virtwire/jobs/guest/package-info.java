// SPDX-License-Identifier: Apache-2.0
/** Which guests of a host a job means. */
@NullMarked
package dev.virtwire.jobs.guest;

import org.jspecify.annotations.NullMarked;
