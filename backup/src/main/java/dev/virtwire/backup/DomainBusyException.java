// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import org.jspecify.annotations.Nullable;

/**
 * Another job, such as another backup, is in the way of a domain's backup; it can be tried again later.
 *
 * @since 0.1
 */
public final class DomainBusyException extends BackupException {
    private static final long serialVersionUID = 1;

    private final String reason;

    /**
     * An error in our own words.
     *
     * @param reason what is in the way
     * @param advice what to do about it, which follows the reason in the message
     */
    public DomainBusyException(String reason, String advice, @Nullable Throwable cause) {
        super(reason + advice, cause);
        this.reason = reason;
    }

    /** What is in the way: the message without advice. */
    public String reason() {
        return reason;
    }
}
