// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import java.util.List;

/**
 * How a run over several domains went.
 *
 * @param domains every domain, in the order of the requests
 * @since 0.1
 */
public record BatchResult(List<DomainOutcome> domains) {
    /** Copies the list. */
    public BatchResult {
        domains = List.copyOf(domains);
    }

    /** Whether all that was asked for was done. */
    public boolean succeeded() {
        return failed().isEmpty();
    }

    /** The domains with which something went wrong. */
    public List<DomainOutcome> failed() {
        return domains.stream().filter(domain -> !domain.succeeded()).toList();
    }
}
