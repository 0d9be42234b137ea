// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.protocol;

/**
 * Which way the data of a procedure's stream goes, seen from the client.
 *
 * @since 0.1
 */
public enum StreamDirection {
    /** The procedure opens no stream. */
    NONE,
    /** The client sends. */
    SENDS,
    /** The client receives. */
    RECEIVES,
    /** Both ways. */
    BOTH
}
