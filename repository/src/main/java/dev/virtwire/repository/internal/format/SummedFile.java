// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.format;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.OperationCancelledException;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;

/**
 * A small JSON file and the file with its SHA-256 beside it, in the format of {@code sha256sum}. Either may be damaged;
 * if it can be told which, the finding says so.
 *
 * @param <T> the record that the JSON becomes
 * @param value the record
 * @param sha256 the file's SHA-256, in lower-case hexadecimal
 */
public record SummedFile<T>(T value, String sha256) {
    /** More than any repository of ours needs, and little enough to read at once. */
    private static final long MAX_SIZE = 16L << 20;

    private static final int HEX = 64;

    /** A digest of other bytes differs in nearly every digit; one that differs in fewer is itself damaged. */
    private static final int DAMAGED_DIGITS = 16;

    /** Writes both files, the sum last. */
    public static String write(DurableFiles files, Path file, Path sumFile, Object value) throws IOException {
        byte[] content = Json.write(value);
        byte[] digest = Sha256.of(content);
        files.writeNew(file, content);
        files.writeNew(sumFile, Sha256.sumLine(digest, name(file)).getBytes(StandardCharsets.US_ASCII));
        files.syncFolder(file.resolveSibling("."));
        return Sha256.hex(digest);
    }

    /**
     * Puts another file in the place of one that is there. A crash leaves the old one or the new one, and {@link #read}
     * takes either: the new sum stands beside the old one until the file has been replaced.
     */
    public static void replace(DurableFiles files, Path file, Path sumFile, Object value) throws IOException {
        byte[] content = Json.write(value);
        String line = Sha256.sumLine(Sha256.of(content), name(file));
        files.replace(next(sumFile), line.getBytes(StandardCharsets.US_ASCII));
        files.replace(file, content);
        files.rename(next(sumFile), sumFile);
    }

    /** Where {@link #replace} has the new sum until the file is replaced; after a crash it may be there. */
    public static Path next(Path sumFile) {
        return sumFile.resolveSibling("." + name(sumFile) + ".next");
    }

    /**
     * Reads both files, while {@link #replace} may be at work.
     *
     * @throws DamagedException if they do not belong together or cannot be read as what they should be
     */
    public static <T> SummedFile<T> read(Path file, Path sumFile, Class<T> type) {
        byte[] content = content(file);
        while (true) {
            byte[] digest = Sha256.of(content);
            try {
                compareSums(file, content, sumFile, Sha256.sumLine(digest, name(file)));
            } catch (DamagedException e) {
                byte[] again = content(file);
                if (!Arrays.equals(content, again)) {
                    content = again;
                    continue;
                }
                throw e;
            }
            try {
                return new SummedFile<>(Json.read(content, type), Sha256.hex(digest));
            } catch (JsonProcessingException e) {
                throw new DamagedException(whole(file, content, "not readable " + Json.problem(e)));
            }
        }
    }

    /** With the sum of what is to come, too, if that stands there. */
    private static void compareSums(Path file, byte[] content, Path sumFile, String expectedLine) {
        if (Files.isRegularFile(next(sumFile), LinkOption.NOFOLLOW_LINKS)) {
            byte[] sum = content(next(sumFile));
            if (Arrays.equals(sum, expectedLine.getBytes(StandardCharsets.US_ASCII))) {
                return;
            }
        }
        compareSum(file, content, sumFile, content(sumFile), expectedLine);
    }

    private static void compareSum(Path file, byte[] content, Path sumFile, byte[] sum, String expectedLine) {
        byte[] expected = expectedLine.getBytes(StandardCharsets.US_ASCII);
        int first = -1;
        int digits = 0;
        boolean onlyDigits = sum.length == expected.length;
        for (int i = 0; i < Math.min(sum.length, expected.length); i++) {
            if (sum[i] != expected[i]) {
                first = first < 0 ? i : first;
                digits++;
                onlyDigits &= i < HEX && Character.digit(sum[i], 16) >= 0 && !Character.isUpperCase(sum[i]);
            }
        }
        if (first < 0 && onlyDigits) {
            return;
        }
        if (!onlyDigits || digits < DAMAGED_DIGITS) {
            long at = first < 0 ? Math.min(sum.length, expected.length) : first;
            String message = "does not hold the SHA-256 of " + name(file) + "; should be: " + expectedLine.strip();
            throw new DamagedException(new Finding(sumFile, at, Math.max(1, sum.length - at), message));
        }
        throw new DamagedException(
                whole(file, content, "its SHA-256 is not the one in " + name(sumFile) + parsePosition(content)));
    }

    private static String parsePosition(byte[] content) {
        try {
            Json.read(content, Object.class);
            return "";
        } catch (JsonProcessingException e) {
            return "; not readable " + Json.problem(e);
        }
    }

    private static byte[] content(Path file) {
        try {
            long size = sizeOf(file);
            if (size > MAX_SIZE) {
                throw new DamagedException(Finding.of(file, "is " + size + " bytes long, more than any such file"));
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new DamagedException(Finding.of(file, "is missing"));
        } catch (ClosedByInterruptException e) {
            throw new OperationCancelledException("interrupted", e);
        } catch (IOException e) {
            if (Problems.saysNothingOfTheFile(e)) {
                throw Problems.with("read", file, e);
            }
            // What the medium does not give back is as damaged as what it gives back wrong.
            throw new DamagedException(Finding.of(file, "cannot be read: " + Problems.reason(e)));
        }
    }

    private static Finding whole(Path file, byte[] content, String message) {
        return new Finding(file, 0, content.length, message);
    }

    private static String name(Path file) {
        return String.valueOf(file.getFileName());
    }

    /**
     * The size of a regular file; symbolic links are not followed.
     *
     * @throws DamagedException if there is no such file, or the medium does not give it back
     */
    static long sizeOf(Path file) {
        try {
            BasicFileAttributes attributes =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (!attributes.isRegularFile()) {
                throw new DamagedException(Finding.of(file, "is not a regular file"));
            }
            return attributes.size();
        } catch (NoSuchFileException e) {
            throw new DamagedException(Finding.of(file, "is missing"));
        } catch (IOException e) {
            if (Problems.saysNothingOfTheFile(e)) {
                throw Problems.with("read", file, e);
            }
            throw new DamagedException(Finding.of(file, "cannot be read: " + Problems.reason(e)));
        }
    }
}
