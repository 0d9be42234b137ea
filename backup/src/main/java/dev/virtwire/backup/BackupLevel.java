// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

/** How much a backup is asked to copy. What came of it, for each disk, stands in the point's manifest. */
public enum BackupLevel {
    /** Of each disk what changed since an earlier point where that is known for certain, else all of it. */
    AUTO,
    /** All of each disk. */
    FULL,
    /** As {@link #AUTO}, but an error where not a single disk can build on an earlier point. */
    INCREMENTAL
}
