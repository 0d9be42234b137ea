// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import dev.virtwire.client.Libvirt;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A program of its own that makes a backup, or resumes one, says when so much of it is done, and waits to be
 * killed.
 */
public final class HalfBackup {
    private HalfBackup() {}

    /**
     * Takes the URI, the domain, the repository's folder, how many bytes to do, and whether to resume an earlier one.
     */
    public static void main(String[] args) {
        long bytes = Long.parseLong(args[3]);
        ProgressListener listener = progress -> {
            if (progress.bytesDone() >= bytes) {
                System.out.println("done");
                sleep();
            }
        };
        BackupRequest plan = BackupRequest.of(args[1]);
        if (Boolean.parseBoolean(args[4])) {
            plan = plan.resuming();
        }
        Libvirt libvirt = Libvirt.connect(args[0]).join();
        Backups.of(libvirt, Repository.openOrCreate(Path.of(args[2])))
                .backup(plan, listener)
                .result()
                .join();
    }

    private static void sleep() {
        try {
            Thread.sleep(60_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Kills such a program when it has done so much. */
    static void killed(String uri, String domain, Path repository, long bytes, boolean resume)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                HalfBackup.class.getName(),
                uri,
                domain,
                repository.toString(),
                Long.toString(bytes),
                Boolean.toString(resume)));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader output = process.inputReader()) {
            String line = output.readLine();
            if (!"done".equals(line)) {
                throw new IllegalStateException("the backup ended before it was killed: " + line);
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
    }
}
