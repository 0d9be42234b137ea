// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What tells a file that was read from another one that took its place, without reading it again.
 *
 * @param key the file's own, such as its inode
 * @param modified when it was written last
 * @param size in bytes
 */
public record FileStamp(Object key, FileTime modified, long size) {
    /** That of a regular file, or null if there is no such file or its system cannot tell. */
    public static @Nullable FileStamp of(Path file) {
        return of(file, BasicFileAttributes::isRegularFile);
    }

    /** That of a folder, which changes with the names in it, or null as for a file. */
    public static @Nullable FileStamp ofFolder(Path folder) {
        return of(folder, BasicFileAttributes::isDirectory);
    }

    private static @Nullable FileStamp of(Path file, Predicate<BasicFileAttributes> kind) {
        try {
            BasicFileAttributes attributes =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            Object key = attributes.fileKey();
            return key == null || !kind.test(attributes)
                    ? null
                    : new FileStamp(key, attributes.lastModifiedTime(), attributes.size());
        } catch (IOException e) {
            // Who reads the file says what is wrong with it.
            return null;
        }
    }
}
