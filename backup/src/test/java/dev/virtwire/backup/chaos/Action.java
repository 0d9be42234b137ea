// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

/** What a {@link Child} can do. */
enum Action {
    BACKUP,
    RECOVER,
    RESTORE
}
