// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A Debian system that its own systemd runs, in namespaces that end with it. */
final class BootedDebian implements AutoCloseable {
    private static final Path BOOTER =
            Path.of("src/test/resources/dev/virtwire/dist/boot-debian").toAbsolutePath();

    private final Process booter;
    private final String systemd;

    private BootedDebian(Process booter, String systemd) {
        this.booter = booter;
        this.systemd = systemd;
    }

    /**
     * Boots a system.
     *
     * @param folders folders of this machine, by the places where they lie in the system
     */
    static BootedDebian of(FreshDebian debian, Map<String, Path> folders) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of(BOOTER.toString(), debian.root().toString()));
        folders.forEach((at, folder) -> command.addAll(List.of(folder.toString(), at)));
        Process booter = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        // Closing it would close what is printed later.
        String systemd = new BufferedReader(new InputStreamReader(booter.getInputStream(), StandardCharsets.US_ASCII))
                .readLine();
        if (systemd == null) {
            throw new AssertionError(BOOTER + " ended with " + booter.waitFor());
        }
        BootedDebian booted = new BootedDebian(booter, systemd);
        booted.run("systemctl is-system-running --wait");
        return booted;
    }

    /** A run, whatever comes of it. */
    CommandRun run(String command) {
        return Shell.run(
                Path.of("/"),
                Map.of(),
                List.of(
                        "nsenter",
                        "--target",
                        systemd,
                        "--all",
                        "--root",
                        "--wd",
                        "env",
                        "-i",
                        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                        "HOME=/root",
                        "TERM=dumb",
                        "sh",
                        "-c",
                        command));
    }

    /** The output of a command that has to succeed. */
    String output(String command) {
        CommandRun run = run(command);
        assertThat(run.exitCode())
                .as("%s: %s%s%n%s", command, run.out(), run.err(), journal())
                .isZero();
        return run.out();
    }

    /** The last lines of what systemd and its services said. */
    String journal() {
        return run("journalctl --no-pager --boot --lines 40").out();
    }

    @Override
    public void close() throws IOException {
        booter.getOutputStream().close();
        try {
            assertThat(booter.waitFor()).isZero();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
