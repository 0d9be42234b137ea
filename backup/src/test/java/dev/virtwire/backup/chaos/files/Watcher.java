// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos.files;

import java.io.IOException;

/** Told of each change, on the thread that makes it. */
public interface Watcher {
    /** About to happen; what this throws keeps it from happening. */
    void before(Change change) throws IOException;

    /** Has happened. */
    default void after(Change change) {}
}
