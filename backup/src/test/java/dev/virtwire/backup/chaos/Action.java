// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

/** What a {@link Child} can do. */
enum Action {
    /** A backup into a folder that is no repository yet. */
    FIRST_BACKUP,
    /** A backup on top of another. */
    INCREMENT,
    /** After a backup that died in its middle. */
    RECOVER,
    /** Of a backup that died in its middle, and whose job still runs. */
    RESUME,
    /** To files. */
    RESTORE,
    /** Of all but the last two points. */
    PRUNE,
    /** Of all but the newest point, into which the others are merged: one disk in place, and one as a new file. */
    CONSOLIDATE
}
