// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What a guest's disks held at one moment.
 *
 * @param disks their content by target, in raw files
 */
record Truth(Map<String, Path> disks) {
    /** A raw image holds that, byte for byte. */
    void requireRaw(String target, Path image) throws IOException {
        Path truth = disks.get(target);
        assertThat(Files.size(image)).as("size of %s", image).isEqualTo(Files.size(truth));
        assertThat(Files.mismatch(image, truth))
                .as("first wrong byte of %s", image)
                .isEqualTo(-1);
    }

    /** A qcow2 image, with all that it is backed by, is sound and holds that: says qemu-img. */
    void requireQcow2(String target, Path image) throws IOException, InterruptedException {
        Programs.run(List.of("qemu-img", "check", "-q", "-f", "qcow2", image.toString()));
        String said = Programs.run(List.of(
                "qemu-img",
                "compare",
                "-f",
                "raw",
                "-F",
                "qcow2",
                disks.get(target).toString(),
                image.toString()));
        assertThat(said).as("%s", image).contains("Images are identical").doesNotContain("size mismatch");
    }

    /** Converted by qemu-img alone, to {@code raw}, an image and what it is backed by are that. */
    void requireConverted(String target, Path image, Path raw) throws IOException, InterruptedException {
        Programs.run(List.of("qemu-img", "convert", "-f", "qcow2", "-O", "raw", image.toString(), raw.toString()));
        requireRaw(target, raw);
        Files.delete(raw);
    }
}
