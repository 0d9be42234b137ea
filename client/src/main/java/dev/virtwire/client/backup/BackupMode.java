// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.backup;

/**
 * Who copies the data.
 *
 * @since 0.1
 */
public enum BackupMode {
    /** The hypervisor writes to targets on its host, and the job ends by itself. */
    PUSH,
    /** The hypervisor serves the data over NBD until the client ends the job. */
    PULL
}
