// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.repository.Tools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images as {@code qemu-img} makes them. */
class SmallQcow2IT {
    @TempDir
    Path folder;

    private final Tools tools = new Tools();
    private Path raw;

    @BeforeEach
    void write() throws Exception {
        byte[] variables = new byte[528 << 10];
        new Random(3).nextBytes(variables);
        raw = Files.write(folder.resolve("vars.fd"), variables);
    }

    private Path convert(String... options) throws Exception {
        Path image = folder.resolve("vars.qcow2");
        List<String> command = new ArrayList<>(List.of("qemu-img", "convert", "-O", "qcow2"));
        command.addAll(List.of(options));
        command.addAll(List.of(raw.toString(), image.toString()));
        tools.run(command);
        return image;
    }

    private static boolean isSettled(Path image) throws Exception {
        return SmallQcow2.isSettled(Files.readAllBytes(image));
    }

    @Test
    void whatHasAllItsClustersIsSettled() throws Exception {
        for (String options :
                new String[] {"cluster_size=4096", "cluster_size=65536", "compat=0.10", "cluster_size=2M"}) {
            Path image = convert("-o", options);
            assertThat(SmallQcow2.isOne(Files.readAllBytes(image))).isTrue();
            assertThat(isSettled(image)).as(options).isTrue();
            assertThat(PointFiles.obstacle(Files.readAllBytes(image), true)).isNull();
        }
        assertThat(PointFiles.obstacle(Files.readAllBytes(raw), true)).isNull();
    }

    @Test
    void whatMayGetAnotherClusterIsNot() throws Exception {
        assertThat(isSettled(convert("-c"))).as("compressed").isFalse();
        Path image = convert();
        tools.run(List.of("qemu-img", "snapshot", "-c", "one", image.toString()));
        assertThat(isSettled(image)).as("with a snapshot").isFalse();
        assertThat(isSettled(convert("-o", "extended_l2=on")))
                .as("of an extended kind")
                .isFalse();
        tools.run(List.of("qemu-io", "-c", "write -z 0 64k", convert().toString()));
        assertThat(isSettled(folder.resolve("vars.qcow2"))).as("zeros").isFalse();

        byte[] variables = Files.readAllBytes(raw);
        Arrays.fill(variables, 128 << 10, 256 << 10, (byte) 0);
        Files.write(raw, variables);
        Path sparse = convert();
        assertThat(isSettled(sparse)).as("with a hole").isFalse();
        assertThat(PointFiles.obstacle(Files.readAllBytes(sparse), true))
                .isEqualTo("the file is a qcow2 image of which QEMU may hold parts in memory: a backup of the guest"
                        + " while it is off has them");
        assertThat(PointFiles.obstacle(Files.readAllBytes(sparse), false)).isNull();
        assertThat(SmallQcow2.isSettled(Arrays.copyOf(Files.readAllBytes(sparse), 100_000)))
                .as("cut")
                .isFalse();
    }

    @Test
    void whatBuildsOnAnotherImageIsNotAll() throws Exception {
        Path top = folder.resolve("top.qcow2");
        tools.run(
                List.of("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", raw.toString(), top.toString()));
        assertThat(PointFiles.obstacle(Files.readAllBytes(top), false))
                .isEqualTo("the file is a qcow2 image that builds on another one");
    }
}
