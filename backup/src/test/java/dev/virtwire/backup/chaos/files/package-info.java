// SPDX-License-Identifier: Apache-2.0
/**
 * The default file system, watched: whoever works on its paths is stopped, failed or robbed of what is not durable yet
 * at any change that he makes, without a seam in the code under test.
 */
package dev.virtwire.backup.chaos.files;
