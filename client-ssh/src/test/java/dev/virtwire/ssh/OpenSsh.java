// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * OpenSSH's own client, with a home, a system configuration and hosts of its own: what this machine has is not seen,
 * and not touched. It needs root, as all private servers do.
 */
public final class OpenSsh implements AutoCloseable {
    private static final String INSIDE = """
            mount --bind "$1/passwd" /etc/passwd
            mount --bind "$1/etc" /etc/ssh
            mount --bind "$1/hosts" /etc/hosts
            mount --bind "$1/nsswitch.conf" /etc/nsswitch.conf
            echo ready
            cat
            """;

    private final Path folder;
    private final Process namespace;

    /** What came of a run. */
    public record Result(int exit, String output, String errors) {}

    /**
     * Makes the folders.
     *
     * @param folder where to keep them
     * @param hosts the lines of {@code /etc/hosts}
     */
    public OpenSsh(Path folder, String hosts) throws IOException {
        this.folder = folder;
        Files.createDirectories(folder.resolve("etc"));
        Files.createDirectories(userFolder());
        Files.writeString(folder.resolve("hosts"), hosts);
        Files.writeString(folder.resolve("nsswitch.conf"), "passwd: files\ngroup: files\nhosts: files\n");
        Files.writeString(
                folder.resolve("passwd"),
                Files.readString(Path.of("/etc/passwd"))
                        .lines()
                        .map(line -> line.startsWith("root:") ? "root:x:0:0:root:" + home() + ":/bin/sh" : line)
                        .collect(Collectors.joining("\n", "", "\n")));
        namespace = new ProcessBuilder("unshare", "--mount", "bash", "-ec", INSIDE, "openssh", folder.toString())
                .redirectErrorStream(true)
                .start();
        String line = namespace.inputReader().readLine();
        if (!"ready".equals(line)) {
            throw new IllegalStateException("no namespace for ssh: " + line);
        }
    }

    /** The user's home. */
    public Path home() {
        return folder.resolve("home");
    }

    /** {@code ~/.ssh}. */
    public Path userFolder() {
        return home().resolve(".ssh");
    }

    /** What is {@code /etc/ssh} there. */
    public Path systemFolder() {
        return folder.resolve("etc");
    }

    /** Runs a program of OpenSSH with these variables and few others. */
    public Result run(Map<String, String> variables, List<String> command) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of("nsenter", "--mount", "--target", Long.toString(namespace.pid())));
        all.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(all);
        builder.environment().keySet().removeIf(name -> !name.equals("PATH"));
        builder.environment().put("HOME", home().toString());
        builder.environment().putAll(variables);
        Path errors = Files.createTempFile(folder, "errors", "");
        builder.redirectError(errors.toFile());
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int exit = process.waitFor();
        String said = Files.readString(errors, StandardCharsets.ISO_8859_1);
        Files.delete(errors);
        return new Result(exit, output, said);
    }

    @Override
    public void close() throws IOException {
        namespace.getOutputStream().close();
        namespace.onExit().join();
    }
}
