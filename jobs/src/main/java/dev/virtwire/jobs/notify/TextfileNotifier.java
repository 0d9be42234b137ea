// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.notify;

import dev.virtwire.jobs.config.NotificationSettings.Textfile;
import dev.virtwire.jobs.report.JobResult;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Writes metrics where node_exporter's textfile collector reads them. Each job has a file of its own, and a reader sees
 * the old one or the new one, never a part.
 */
final class TextfileNotifier implements Notifier {
    private final Textfile settings;

    TextfileNotifier(Textfile settings) {
        this.settings = settings;
    }

    @Override
    public void ended(JobResult result) throws NotificationException {
        Path file = settings.folder().resolve("virtwire-" + result.job() + ".prom");
        // The collector reads only names that end with .prom.
        Path whole = settings.folder().resolve(".virtwire-" + result.job() + ".new");
        try {
            write(whole, new Metrics(result).text());
            Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException e) {
            throw new NotificationException("there is no folder " + settings.folder(), e);
        } catch (IOException e) {
            delete(whole, e);
            throw new NotificationException(file + " cannot be written: " + e.getMessage(), e);
        }
    }

    private static void write(Path file, String text) throws IOException {
        Files.deleteIfExists(file);
        // node_exporter is another user.
        try (FileChannel channel = FileChannel.open(
                file,
                java.util.Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r--r--")))) {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    }

    private static void delete(Path file, IOException because) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            because.addSuppressed(e);
        }
    }
}
