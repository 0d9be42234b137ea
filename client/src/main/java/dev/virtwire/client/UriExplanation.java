// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import java.util.List;

/**
 * What connecting would do, and why. Nothing was connected to.
 *
 * @param uri the URI, after aliases and defaults
 * @param source where it comes from, in words
 * @param target what would be connected to: a host and its port, or a socket's path
 * @param reasons what was looked at and decided on the way to the target, a sentence each
 * @since 0.1
 */
public record UriExplanation(LibvirtUri uri, String source, String target, List<String> reasons) {
    /** Copies the reasons. */
    public UriExplanation {
        reasons = List.copyOf(reasons);
    }
}
