// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs the tools that a machine with libvirt has, to their end. */
final class Command {
    private static final long TIMEOUT_SECONDS = 900;
    private static final Map<String, String> PACKAGES = Map.of(
            "bash", "bash",
            "virsh", "libvirt-clients",
            "qemu-img", "qemu-utils",
            "qemu-io", "qemu-utils",
            "ssh-keygen", "openssh-client",
            "losetup", "mount",
            "/sbin/mke2fs", "e2fsprogs",
            "/sbin/e2fsck", "e2fsprogs",
            "/sbin/debugfs", "e2fsprogs");

    private Command() {}

    /**
     * Runs a command and returns what it printed; any other exit code than 0 is an error with what it complained of.
     */
    static String run(List<String> command) {
        Process process = start(new ProcessBuilder(command));
        try {
            process.getOutputStream().close();
            CompletableFuture<String> complaints = CompletableFuture.supplyAsync(() -> text(process.getErrorStream()));
            CompletableFuture<String> output = CompletableFuture.supplyAsync(() -> text(process.getInputStream()));
            if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                throw new TestkitException(String.join(" ", command) + ": not done after " + TIMEOUT_SECONDS + " s");
            }
            if (process.exitValue() != 0) {
                throw new TestkitException(String.join(" ", command) + ": exit code " + process.exitValue() + ": "
                        + complaints.join().strip());
            }
            return output.join();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TestkitException(String.join(" ", command) + ": interrupted", e);
        } finally {
            process.destroyForcibly();
        }
    }

    static Process start(ProcessBuilder builder) {
        String tool = builder.command().get(0);
        try {
            return builder.start();
        } catch (IOException e) {
            throw new TestkitException(
                    tool + " is missing: install the Debian package " + PACKAGES.getOrDefault(tool, tool), e);
        }
    }

    static String text(InputStream stream) {
        try (stream) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            // The process was ended under the reader: whoever ended it knows better what to say.
            return "";
        }
    }
}
