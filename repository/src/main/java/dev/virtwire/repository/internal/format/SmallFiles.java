// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.format;

import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.OperationCancelledException;
import dev.virtwire.repository.manifest.PointFile;
import dev.virtwire.repository.manifest.StoredFile;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;

/** Compares files with the size and SHA-256 that a manifest holds. */
public final class SmallFiles {
    private SmallFiles() {}

    /**
     * Reads a file and compares.
     *
     * @param file the file, wherever it lies
     * @throws DamagedException if it is missing or differs
     */
    public static void requireBytes(Path file, StoredFile stored) {
        require(file, stored.size(), stored.sha256());
    }

    /**
     * As {@link #requireBytes}, of a file in {@code folder}.
     *
     * @throws DamagedException if it is missing or differs
     */
    public static void require(Path folder, PointFile stored) {
        require(folder.resolve(stored.file()), stored.size(), stored.sha256());
    }

    private static void require(Path file, long size, String sha256) {
        requireSize(file, size);
        try {
            if (!Sha256.hex(Sha256.of(file)).equals(sha256)) {
                throw new DamagedException(new Finding(file, 0, size, "its SHA-256 is not the one in the manifest"));
            }
        } catch (ClosedByInterruptException e) {
            throw new OperationCancelledException("interrupted", e);
        } catch (IOException e) {
            if (Problems.saysNothingOfTheFile(e)) {
                throw Problems.with("read", file, e);
            }
            // What the medium does not give back is as damaged as what it gives back wrong.
            throw new DamagedException(new Finding(file, 0, size, "cannot be read: " + Problems.reason(e)));
        }
    }

    /**
     * Compares a file's size.
     *
     * @throws DamagedException if it is missing or of another size, with the range that is missing or too much
     */
    public static void requireSize(Path file, long expected) {
        long size = SummedFile.sizeOf(file);
        String sizes = "the file is " + size + " bytes long, should be " + expected;
        if (size < expected) {
            throw new DamagedException(new Finding(file, size, expected - size, "missing: " + sizes));
        }
        if (size > expected) {
            throw new DamagedException(new Finding(file, expected, size - expected, "too much: " + sizes));
        }
    }
}
