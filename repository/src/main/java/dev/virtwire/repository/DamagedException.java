// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import java.util.List;

/**
 * Stored data that is not what was written. Nothing was restored from it.
 *
 * @since 0.1
 */
public final class DamagedException extends RepositoryException {
    private static final long serialVersionUID = 1;

    private final transient List<Finding> findings;

    /** One piece of damage or several; the message is the first one's. */
    public DamagedException(List<Finding> findings) {
        super(findings.get(0).toString());
        this.findings = List.copyOf(findings);
    }

    /** One piece of damage. */
    public DamagedException(Finding finding) {
        this(List.of(finding));
    }

    /** What is damaged, each with its file and place. */
    public List<Finding> findings() {
        return findings;
    }
}
