// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos.files;

import java.io.IOException;
import java.nio.file.Path;

/** Told of each change, and of what is read, on the thread that does it. */
public interface Watcher {
    /** About to happen; what this throws keeps it from happening. */
    void before(Change change) throws IOException;

    /** Has happened. */
    default void after(Change change) {}

    /** A file was opened, to read or to write, or a folder to list it. */
    default void opened(Path path) {}

    /** So many bytes of a file were read. */
    default void read(Path path, long bytes) {}
}
