// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.Backups;
import dev.virtwire.client.Libvirt;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A program of its own that makes a quiesced backup, and is killed before one of its messages to or from libvirtd. */
public final class QuiescedChild {
    private QuiescedChild() {}

    /**
     * Takes libvirtd's socket, a path for a socket of its own, the domain, the repository's folder, the step to stop
     * at.
     */
    @SuppressWarnings("try") // the relay works on threads of its own
    public static void main(String[] args) throws IOException {
        Path socket = Path.of(args[1]);
        try (RpcRelay relay = new RpcRelay(socket, Path.of(args[0]), step -> stopAt(step, args[4]));
                Libvirt libvirt =
                        Libvirt.connect("qemu+unix:///system?socket=" + socket).join()) {
            BackupRequest plan = BackupRequest.of(args[2]).quiescing();
            Backups.of(libvirt, Repository.openOrCreate(Path.of(args[3])))
                    .backup(plan, ProgressListener.NONE)
                    .result()
                    .join();
            System.out.println("was not stopped");
        }
    }

    private static void stopAt(String step, String last) throws IOException {
        if (step.equals(last)) {
            System.out.println("stopped");
            try {
                Thread.sleep(Long.MAX_VALUE);
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        }
    }

    /** Runs one, and kills it where it stops. */
    static String killBefore(String step, Path libvirtd, Path relay, String domain, Path backups)
            throws IOException, InterruptedException {
        Files.deleteIfExists(relay);
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx96m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        QuiescedChild.class.getName(),
                        libvirtd.toString(),
                        relay.toString(),
                        domain,
                        backups.toString(),
                        step))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader output = process.inputReader()) {
            return String.valueOf(output.readLine());
        } finally {
            process.destroyForcibly().waitFor();
        }
    }
}
