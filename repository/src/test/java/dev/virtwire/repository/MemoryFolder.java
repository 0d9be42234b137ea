// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDirFactory;

/** Temporary folders in memory, if there is room: thousands of small images wait for the disk's sync otherwise. */
public final class MemoryFolder implements TempDirFactory {
    private static final Path MEMORY = Path.of("/dev/shm");
    private static final long ROOM = 2L << 30;

    @Override
    public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext test) throws IOException {
        boolean inMemory =
                Files.isDirectory(MEMORY) && Files.getFileStore(MEMORY).getUsableSpace() > ROOM;
        return inMemory ? Files.createTempDirectory(MEMORY, "virtwire") : Files.createTempDirectory("virtwire");
    }
}
