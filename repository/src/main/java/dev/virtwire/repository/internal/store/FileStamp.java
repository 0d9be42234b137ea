// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import org.jspecify.annotations.Nullable;

/**
 * What tells a file that was read from another one that took its place, without reading it again.
 *
 * @param key the file's own, such as its inode
 * @param modified when it was written last
 * @param size in bytes
 */
record FileStamp(Object key, FileTime modified, long size) {
    /** That of a regular file, or null if there is no such file or its system cannot tell. */
    static @Nullable FileStamp of(Path file) {
        try {
            BasicFileAttributes attributes =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            Object key = attributes.fileKey();
            return key == null || !attributes.isRegularFile()
                    ? null
                    : new FileStamp(key, attributes.lastModifiedTime(), attributes.size());
        } catch (IOException e) {
            // Who reads the file says what is wrong with it.
            return null;
        }
    }
}
