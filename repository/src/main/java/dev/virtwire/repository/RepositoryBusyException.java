// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

/** What is to be written is being written by another run; it can be tried again later. */
public final class RepositoryBusyException extends RepositoryException {
    private static final long serialVersionUID = 1;

    /** An error in our own words. */
    public RepositoryBusyException(String message) {
        super(message);
    }
}
