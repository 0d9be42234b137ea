// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What a guest's disks held at one moment.
 *
 * @param disks their content by target
 */
record Truth(Map<String, byte[]> disks) {
    /** A raw image holds that, byte for byte. */
    void requireRaw(String target, Path image) throws IOException {
        byte[] truth = disks.get(target);
        byte[] found = Files.readAllBytes(image);
        assertThat(found.length).as("size of %s", image).isEqualTo(truth.length);
        assertThat(Arrays.mismatch(found, truth))
                .as("first wrong byte of %s", image)
                .isEqualTo(-1);
    }

    /** A qcow2 image, with all that it is backed by, is sound and holds that: says qemu-img. */
    void requireQcow2(String target, Path image, Path scratch) throws Exception {
        Path raw = scratch.resolve(target + ".truth");
        Files.write(raw, disks.get(target));
        Programs.run(List.of("qemu-img", "check", "-q", "-f", "qcow2", image.toString()));
        String said = Programs.run(
                List.of("qemu-img", "compare", "-f", "raw", "-F", "qcow2", raw.toString(), image.toString()));
        assertThat(said).as("%s", image).contains("Images are identical").doesNotContain("size mismatch");
        Files.delete(raw);
    }
}
