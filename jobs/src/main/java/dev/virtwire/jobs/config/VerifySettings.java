// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.config;

import dev.virtwire.repository.VerifyDepth;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a job verifies after its backups.
 *
 * @param depth how much is read
 * @param every how old the last verification of a guest may become; zero for each run
 * @param limit how long a run may verify, or null for as long as it takes; the next run resumes
 * @param bytesPerSecond how fast it may read, or 0 for no limit
 * @since 0.1
 */
public record VerifySettings(
        VerifyDepth depth, Duration every, @Nullable Duration limit, long bytesPerSecond) {}
