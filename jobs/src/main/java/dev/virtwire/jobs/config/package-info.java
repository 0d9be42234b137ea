// SPDX-License-Identifier: Apache-2.0
/**
 * The configuration file: {@link dev.virtwire.jobs.config.Configuration#read} makes records of it, and tells the place
 * of each mistake. Nothing here connects to a host or opens a repository.
 */
@NullMarked
package dev.virtwire.jobs.config;

import org.jspecify.annotations.NullMarked;
