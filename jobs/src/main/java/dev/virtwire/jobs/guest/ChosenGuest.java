// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.guest;

import java.util.UUID;

/**
 * A guest that a job means.
 *
 * @param uuid its UUID
 * @param named whether the job names it, and not only a pattern, a tag or all
 * @since 0.1
 */
public record ChosenGuest(String name, UUID uuid, boolean named) {}
