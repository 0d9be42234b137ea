// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.LoggerFactory;

/**
 * What this JVM has logged since some moment. Integration tests log everything, to a file beside their reports, which
 * {@link SecretsInOutputIT} searches afterwards.
 */
final class TraceLog {
    private static final String FILE = "org.slf4j.simpleLogger.logFile";

    private final long begin = length();

    private TraceLog() {}

    /** From now on. */
    static TraceLog begin() {
        // The logger empties an older file when it is used for the first time.
        LoggerFactory.getLogger(TraceLog.class).trace("looked at from here");
        return new TraceLog();
    }

    /** All of it until now. */
    String text() {
        try (RandomAccessFile file = open()) {
            byte[] bytes = new byte[Math.toIntExact(file.length() - begin)];
            file.seek(begin);
            file.readFully(bytes);
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its lines until now that have a text; however long it is, no more of it is kept. */
    List<String> linesWith(String part) {
        try (InputStream file = Files.newInputStream(Path.of(System.getProperty(FILE)))) {
            file.skipNBytes(begin);
            return new BufferedReader(new InputStreamReader(file, StandardCharsets.ISO_8859_1))
                    .lines()
                    .filter(line -> line.contains(part))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long length() {
        try (RandomAccessFile file = open()) {
            return file.length();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static RandomAccessFile open() throws IOException {
        String name = System.getProperty(FILE);
        if (name == null) {
            throw new IllegalStateException("set -D" + FILE + " and -Dorg.slf4j.simpleLogger.defaultLogLevel=trace,"
                    + " as the build does: what is logged is looked at");
        }
        return new RandomAccessFile(name, "r");
    }
}
