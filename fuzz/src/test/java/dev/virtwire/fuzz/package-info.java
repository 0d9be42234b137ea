// SPDX-License-Identifier: Apache-2.0
/**
 * Arbitrary bytes for everything that reads what others wrote: one target a class, each of which states what may come
 * of any input and nothing else. Without the profile {@code fuzz} the seeds and the inputs of former findings run as
 * plain tests.
 */
package dev.virtwire.fuzz;
