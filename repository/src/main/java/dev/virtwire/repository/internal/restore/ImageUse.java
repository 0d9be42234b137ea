// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.restore;

import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.format.Problems;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether QEMU has a file open. It holds shared locks on some of 200 bytes of each image that it uses, as a guest's
 * disk or for a program such as qemu-nbd; nobody gets these bytes for himself meanwhile.
 */
public final class ImageUse {
    private static final Logger LOG = LoggerFactory.getLogger(ImageUse.class);
    private static final long FIRST = 100;
    private static final long BYTES = 200;

    private ImageUse() {}

    /**
     * Refuses a file that is in use; a guest would continue to write to a file without a name.
     *
     * @throws RepositoryException if it is, or if that cannot be asked for want of rights
     */
    static void refuse(Path file) {
        if (isOpen(file)) {
            throw new RepositoryException(
                    file + " is in use by a guest or another program: shut that down, or choose another folder");
        }
    }

    /**
     * Whether QEMU has a file open, as far as that can be told.
     *
     * @throws RepositoryException if it cannot be asked for want of rights
     */
    public static boolean isOpen(Path file) {
        if (!Files.isRegularFile(file)) {
            return false;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return channel.tryLock(FIRST, BYTES, false) == null;
        } catch (OverlappingFileLockException e) {
            return true;
        } catch (AccessDeniedException e) {
            throw Problems.with("find out who uses", file, e);
        } catch (IOException e) {
            LOG.debug("{} is on a file system without locks", file, e);
            return false;
        }
    }
}
