// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

/**
 * A run of {@code ./virtwire}.
 *
 * @param exitCode its exit code
 * @param out what it wrote to standard output
 * @param err what it wrote to standard error
 */
record CommandRun(int exitCode, String out, String err) {}
