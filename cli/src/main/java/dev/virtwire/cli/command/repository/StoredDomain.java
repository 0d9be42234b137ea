// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;

/** The name of a domain, as people know it, in place of the name of its folder in a repository. */
final class StoredDomain {
    private StoredDomain() {}

    /**
     * The domain whose folder has this name. A long name was cut when the folder got it, and is shown as the folder's.
     * Commands take either.
     */
    static String shown(String folder) {
        if (folder.indexOf('%') < 0 || folder.indexOf('~') >= 0) {
            return folder;
        }
        try {
            return URLDecoder.decode(folder.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            // No folder that Virtwire made.
            return folder;
        }
    }
}
