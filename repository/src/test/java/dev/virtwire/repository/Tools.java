// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Independent judges: qemu-img, and what lies in folders. */
public final class Tools {
    /** {@code qemu-img check} finds nothing, not even a leaked cluster. */
    public void check(Path image) throws Exception {
        run(List.of("qemu-img", "check", "-f", "qcow2", image.toString()));
    }

    /** {@code qemu-img compare} finds the image equal to the raw file. */
    public void compare(Path truth, Path image, String format) throws Exception {
        String output =
                run(List.of("qemu-img", "compare", "-f", "raw", "-F", format, truth.toString(), image.toString()));
        assertThat(output).as("%s and %s", truth, image).doesNotContain("size mismatch");
    }

    /** Runs a command, which has to succeed, and returns what it printed. */
    public String run(List<String> command) throws Exception {
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            throw new IllegalStateException(
                    command.get(0)
                            + " is missing: ./check installs it, or the Debian packages qemu-utils, util-linux, acl",
                    e);
        }
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as("%s: %s", command, output).isZero();
        return output;
    }

    /** The names in a folder. */
    public List<String> list(Path folder) throws IOException {
        try (Stream<Path> list = Files.list(folder)) {
            return list.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }
}
