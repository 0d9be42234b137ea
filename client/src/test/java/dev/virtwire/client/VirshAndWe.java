// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Scanner;
import java.util.concurrent.TimeUnit;

/**
 * libvirt's own client and ours as processes of the same user, who has a home and a configuration of libvirt's of their
 * own: a mount namespace puts these where both look. Both are asked which hypervisor they reach by a URI.
 */
final class VirshAndWe implements AutoCloseable {
    private static final String STAGE = """
            mkdir -p /etc/libvirt
            mount --bind "$1/libvirt" /etc/libvirt
            { printf 'root:x:0:0:root:%s:/bin/sh\\n' "$1/home"; grep -v ^root: /etc/passwd; } > "$1/passwd.$$"
            mount --bind "$1/passwd.$$" /etc/passwd
            export HOME="$1/home"
            shift
            exec "$@"
            """;

    private final Path folder;
    private final Map<String, String> variables;
    private final Process we;
    private final BufferedWriter questions;
    private final Scanner answers;

    /**
     * Starts ours, which stays; libvirt's is started for each question.
     *
     * @param folder takes the home and the configuration, each in a folder, which may change at any time
     * @param variables environment variables of both
     */
    VirshAndWe(Path folder, Map<String, String> variables) throws IOException {
        this.folder = folder;
        this.variables = variables;
        Files.createDirectories(configuration());
        Files.createDirectories(home().resolve(".ssh"));
        we = start(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                VirshAndWe.class.getName()));
        questions = we.outputWriter();
        answers = new Scanner(we.getInputStream(), StandardCharsets.UTF_8);
    }

    Path home() {
        return folder.resolve("home");
    }

    Path configuration() {
        return folder.resolve("libvirt");
    }

    /** What the server can do, in its own words, or "error: " and why not; without a URI for an empty one. */
    String virsh(String uri) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("virsh", "--quiet"));
        if (!uri.isEmpty()) {
            command.addAll(List.of("--connect", uri));
        }
        command.add("capabilities");
        Process process = start(command);
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return process.exitValue() == 0 ? withoutMemory(output) : "error: " + output;
    }

    /** Capabilities without how much memory the host has, which may change between two questions. */
    static String withoutMemory(String capabilities) {
        return capabilities.replaceAll("<(memory|pages) unit=.*", "").strip();
    }

    /** The same of ours. */
    String ours(String uri) throws IOException {
        questions.write(uri);
        questions.newLine();
        questions.flush();
        return new String(Base64.getDecoder().decode(answers.nextLine()), StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        questions.close();
        try {
            assertThat(we.waitFor(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private Process start(List<String> command) throws IOException {
        // Without a terminal ssh asks nobody.
        List<String> staged = new ArrayList<>(
                List.of("setsid", "--wait", "unshare", "--mount", "sh", "-ec", STAGE, "stage", folder.toString()));
        staged.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(staged).redirectErrorStream(true);
        builder.environment().keySet().removeAll(List.of("LIBVIRT_DEFAULT_URI", "SSH_AUTH_SOCK", "DISPLAY"));
        builder.environment().putAll(variables);
        return builder.start();
    }

    /** Ours: a URI a line, and an answer a line. */
    public static void main(String[] arguments) {
        try (Scanner questions = new Scanner(System.in, StandardCharsets.UTF_8)) {
            while (questions.hasNextLine()) {
                String uri = questions.nextLine();
                System.out.println(
                        Base64.getEncoder().encodeToString(answer(uri).getBytes(StandardCharsets.UTF_8)));
            }
        }
    }

    private static String answer(String uri) {
        try (Libvirt libvirt = Libvirt.connect(uri).join()) {
            return withoutMemory(libvirt.capabilities().join());
        } catch (RuntimeException e) {
            Throwable cause = LibvirtException.unwrap(e);
            return (cause instanceof LibvirtException ? "error: " : "unexpected: ") + cause;
        }
    }
}
