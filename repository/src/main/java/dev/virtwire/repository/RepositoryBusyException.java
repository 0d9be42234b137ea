// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

/**
 * What is to be written is being written by another run; it can be tried again later.
 *
 * @since 0.1
 */
public final class RepositoryBusyException extends RepositoryException {
    private static final long serialVersionUID = 1;

    private final String reason;

    /**
     * An error in our own words.
     *
     * @param reason who is in the way
     * @param advice what to do about it, which follows the reason in the message
     */
    public RepositoryBusyException(String reason, String advice) {
        super(reason + advice);
        this.reason = reason;
    }

    /** Who is in the way: the message without advice. */
    public String reason() {
        return reason;
    }
}
