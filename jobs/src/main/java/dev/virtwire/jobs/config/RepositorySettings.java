// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.config;

import dev.virtwire.image.Compression;
import java.nio.file.Path;

/**
 * A repository that jobs back up into.
 *
 * @param compression how images are compressed if a job says nothing else
 * @since 0.1
 */
public record RepositorySettings(Path folder, Compression compression) {}
