// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.doctor;

import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Problems;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds out by trying what a file system can do, in a hidden folder that goes again. */
final class FileSystemProbe {
    private FileSystemProbe() {}

    /** Tries in {@code folder}, which can be written and is a repository or may become one. */
    static Answer in(Path folder) throws IOException {
        DurableFiles files = DurableFiles.PLAIN;
        Path probe = folder.resolve(".virtwire.doctor-" + Names.random());
        try {
            files.createFolder(probe);
            Path file = probe.resolve("lower");
            files.writeNew(file, new byte[1]);
            String refused = lock(file);
            if (refused != null) {
                return Answer.fails(
                        "files cannot be locked there: " + refused,
                        "mount it with locks, or choose another file system for the repository");
            }
            files.rename(file, probe.resolve("renamed"));
            return answer(probe);
        } catch (IOException e) {
            return Answer.fails(
                    "files cannot be written there as a backup writes them: " + Problems.reason(e),
                    "choose another file system for the repository");
        } finally {
            files.deleteTree(probe);
        }
    }

    private static @Nullable String lock(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            channel.write(ByteBuffer.allocate(1), 0);
            return lock == null ? "somebody has a lock that was not asked for" : null;
        } catch (IOException e) {
            return Problems.reason(e);
        }
    }

    private static Answer answer(Path probe) throws IOException {
        List<String> lacks = new ArrayList<>();
        boolean open = isOpenToOthers(probe);
        if (open) {
            lacks.add("it has no modes, so others can read what is in it");
        }
        if (Files.exists(probe.resolve("RENAMED"))) {
            lacks.add("it does not tell capital letters from small ones, so of two domains whose names differ by that"
                    + " only one can be backed up");
        }
        if (lacks.isEmpty()) {
            return Answer.ok("it locks, renames and syncs files, and keeps their modes");
        }
        String found = String.join("; ", lacks);
        return open
                ? Answer.warning(found, "mount it for one user alone, with umask=077 for instance")
                : Answer.note(found, null);
    }

    private static boolean isOpenToOthers(Path probe) throws IOException {
        return Files.getFileStore(probe).supportsFileAttributeView("posix")
                && Files.getPosixFilePermissions(probe).stream()
                        .anyMatch(each -> !each.name().startsWith("OWNER"));
    }
}
