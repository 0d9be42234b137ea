// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.notify;

import dev.virtwire.jobs.config.NotificationSettings.Textfile;
import dev.virtwire.jobs.report.JobResult;
import dev.virtwire.repository.internal.format.DurableFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
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
        Path whole = DurableFiles.fresh(file);
        try {
            Files.deleteIfExists(whole);
            DurableFiles.PLAIN.writeNew(whole, new Metrics(result).text().getBytes(StandardCharsets.UTF_8));
            // node_exporter is another user.
            Files.setPosixFilePermissions(whole, PosixFilePermissions.fromString("rw-r--r--"));
            DurableFiles.PLAIN.rename(whole, file);
        } catch (NoSuchFileException e) {
            throw new NotificationException("there is no folder " + settings.folder(), e);
        } catch (IOException e) {
            delete(whole, e);
            throw new NotificationException(file + " cannot be written: " + e.getMessage(), e);
        }
    }

    private static void delete(Path file, IOException because) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            because.addSuppressed(e);
        }
    }
}
