// SPDX-License-Identifier: Apache-2.0
/**
 * Proofs that a backup which says done can be restored, whatever dies when: {@link dev.virtwire.backup.chaos.KillIT}
 * and its neighbours take away the program, the disk, the network or the host at every step, {@link
 * dev.virtwire.backup.chaos.ModelSuite} lets a guest and an administrator do what they like and compares every point
 * with the truth. Few runs each in every build; profile {@code chaos} takes every step, and thousands of them.
 */
package dev.virtwire.backup.chaos;
