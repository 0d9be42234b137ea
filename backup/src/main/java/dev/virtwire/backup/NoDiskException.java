// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

/**
 * A domain has no disk that could be backed up, or none is left of those that it has.
 *
 * @since 0.1
 */
public final class NoDiskException extends BackupException {
    private static final long serialVersionUID = 1;

    /** An error in our own words. */
    public NoDiskException(String message) {
        super(message);
    }
}
