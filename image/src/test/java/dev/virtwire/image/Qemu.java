// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** QEMU's own tools as judges of our images. */
final class Qemu {
    /** The root file system whose QEMU is to judge, null for this machine's. */
    private static final @Nullable String ROOT = root();

    private Qemu() {}

    /** {@code -Dvirtwire.qemu.suite=trixie}: the QEMU of another Debian suite; needs root, and makes it if need be. */
    private static @Nullable String root() {
        String suite = System.getProperty("virtwire.qemu.suite", "");
        if (suite.isEmpty()) {
            return null;
        }
        String maker = "../testkit/src/main/resources/dev/virtwire/testkit/debian-rootfs";
        try {
            Process process = new ProcessBuilder("bash", maker, suite, "qemu-utils")
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            String path = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new AssertionError("no root file system of " + suite + " could be made");
            }
            return path.strip();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError("no root file system of " + suite + " could be made", e);
        }
    }

    /** Runs qemu-img in a folder and returns what it printed; a failure fails the test. */
    static String img(Path folder, String... arguments) throws IOException, InterruptedException {
        return run(folder, "qemu-img", arguments);
    }

    /** Runs qemu-io commands on an image. */
    static String io(Path image, String... commands) throws IOException, InterruptedException {
        List<String> arguments =
                new ArrayList<>(List.of("-f", "qcow2", image.getFileName().toString()));
        for (String command : commands) {
            arguments.addAll(List.of("-c", command));
        }
        return run(image.getParent(), "qemu-io", arguments.toArray(String[]::new));
    }

    /** Fails unless the image is without error and leak and has the content of a raw file. */
    static void judge(Path image, Path truth) throws IOException, InterruptedException {
        img(image.getParent(), "check", "-q", "-f", "qcow2", image.toString());
        // Of different sizes it only warns, as long as the rest is zeros.
        assertThat(img(image.getParent(), "compare", "-f", "qcow2", "-F", "raw", image.toString(), truth.toString()))
                .isEqualTo("Images are identical.\n");
    }

    /** Runs a tool for its verdict. */
    static int exitCode(Path folder, String tool, String... arguments) throws IOException, InterruptedException {
        Process process = start(folder, tool, arguments);
        process.getInputStream().readAllBytes();
        return process.waitFor();
    }

    private static String run(Path folder, String tool, String... arguments) throws IOException, InterruptedException {
        Process process = start(folder, tool, arguments);
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor())
                .as("%s %s printed%n%s", tool, String.join(" ", arguments), output)
                .isZero();
        return output;
    }

    private static Process start(Path folder, String tool, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        if (ROOT != null) {
            command.addAll(List.of(
                    "unshare",
                    "--mount",
                    "bash",
                    "-c",
                    "mount --rbind /tmp \"$0/tmp\" && mount --rbind /dev \"$0/dev\" && exec chroot \"$0\" env --chdir=\"$1\" \"$2\" \"${@:3}\"",
                    ROOT,
                    folder.toString()));
        }
        command.add(tool);
        command.addAll(List.of(arguments));
        try {
            Process process = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .start();
            process.getOutputStream().close();
            return process;
        } catch (IOException e) {
            throw new AssertionError(tool + " cannot be run: install Debian's package qemu-utils, or run ./check", e);
        }
    }
}
