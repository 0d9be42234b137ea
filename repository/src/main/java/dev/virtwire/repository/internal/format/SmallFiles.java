// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.format;

import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.OperationCancelledException;
import dev.virtwire.repository.manifest.PointFile;
import dev.virtwire.repository.manifest.StoredFile;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
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

    /**
     * The bytes of a file in {@code folder}, which are those that are compared: to require them and read them again
     * would prove nothing of what is read.
     *
     * @throws DamagedException if it is missing or differs
     */
    public static byte[] read(Path folder, PointFile stored) {
        Path file = folder.resolve(stored.file());
        return look(file, stored.size(), () -> {
            byte[] content = Files.readAllBytes(file);
            requireSum(file, stored.size(), Sha256.of(content), stored.sha256());
            return content;
        });
    }

    private static void require(Path file, long size, String sha256) {
        look(file, size, () -> {
            byte[] sum = Sha256.of(file);
            requireSum(file, size, sum, sha256);
            return sum;
        });
    }

    private static void requireSum(Path file, long size, byte[] sum, String sha256) {
        if (!Sha256.hex(sum).equals(sha256)) {
            throw new DamagedException(new Finding(file, 0, size, "its SHA-256 is not the one in the manifest"));
        }
    }

    private interface Reading {
        byte[] read() throws IOException;
    }

    private static byte[] look(Path file, long size, Reading reading) {
        requireSize(file, size);
        try {
            return reading.read();
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
