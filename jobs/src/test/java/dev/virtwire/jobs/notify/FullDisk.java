// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.notify;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file system of 64 KiB in memory. Needs root. */
record FullDisk(Path folder) implements AutoCloseable {
    static FullDisk mount(Path folder) throws IOException {
        Files.createDirectories(folder);
        run("mount", "-t", "tmpfs", "-o", "size=64k", "virtwire-test", folder.toString());
        return new FullDisk(folder);
    }

    /** Leaves no room. */
    void fill() throws IOException {
        try (OutputStream stream = Files.newOutputStream(folder.resolve("filler"))) {
            byte[] block = new byte[4096];
            while (true) {
                stream.write(block);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space left on device");
        }
    }

    @Override
    public void close() throws IOException {
        run("umount", folder.toString());
    }

    private static void run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).inheritIO().start();
        try {
            assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
