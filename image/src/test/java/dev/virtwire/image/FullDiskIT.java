// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file system that runs full is named, with file and offset, and leaves no image behind. */
class FullDiskIT {
    @TempDir
    Path folder;

    @Test
    void writingDataFails() throws Exception {
        assertThat(onSmallFileSystem("data")).isEqualTo("""
                        %1$s/disk.qcow2: cannot write 1048576 bytes: No space left on device (file offset 5242880)
                        %1$s/disk.qcow2: a write failed before: %1$s/disk.qcow2: cannot write 1048576 bytes:\
                         No space left on device (file offset 5242880)
                        %1$s/disk.qcow2: is not a qcow2 image (file offset 0)
                        """.formatted(folder));
    }

    @Test
    void writingTablesFails() throws Exception {
        assertThat(onSmallFileSystem("tables"))
                .matches("(?s).*/disk.qcow2: cannot write 65536 bytes: No space left on device .file offset \\d+.\n"
                        + ".*/disk.qcow2: a write failed before: .*"
                        + ".*/disk.qcow2: is not a qcow2 image .file offset 0.\n");
    }

    private String onSmallFileSystem(String what) throws IOException, InterruptedException {
        // A mount namespace of its own keeps the file system from everybody else and ends with the command.
        List<String> command = new ArrayList<>(List.of(
                "unshare",
                "--mount",
                "--map-root-user",
                "sh",
                "-c",
                "mount -t tmpfs -o size=4m none \"$0\" && exec \"$@\"",
                folder.toString()));
        command.addAll(SmallJava.command(Main.class, what, folder.toString()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    /** What runs on the small file system. */
    static final class Main {
        private Main() {}

        public static void main(String[] arguments) throws IOException {
            Path file = Path.of(arguments[1], "disk.qcow2");
            Qcow2Options options = Qcow2Options.ofSize(1L << 40).withBacking("base.raw", "raw");
            try (Qcow2Writer writer = Qcow2Writer.create(file, options)) {
                try {
                    if (arguments[0].equals("data")) {
                        for (int i = 0; i < 10; i++) {
                            writer.write((long) i << 20, ByteBuffer.allocate(1 << 20));
                        }
                    } else {
                        writer.writeZeroes(0, 100L << 29);
                        writer.finish();
                    }
                } catch (ImageException e) {
                    System.out.println(e.getMessage());
                }
                try {
                    writer.finish();
                } catch (IllegalStateException e) {
                    System.out.println(e.getMessage());
                }
            }
            try {
                Qcow2Reader.open(file).close();
            } catch (ImageException e) {
                System.out.println(e.getMessage());
            }
        }
    }
}
