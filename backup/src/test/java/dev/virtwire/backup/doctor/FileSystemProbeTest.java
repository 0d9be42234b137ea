// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.doctor.Check.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSystemProbeTest {
    @TempDir
    Path folder;

    @Test
    void whatALookLeftThatWasKilledGoesWithALaterOne() throws Exception {
        Path old = probe("aaaaaaaaaaaa", Duration.ofMinutes(61));
        Path young = probe("bbbbbbbbbbbb", Duration.ofMinutes(59));
        Path other = Files.createDirectory(folder.resolve(".virtwire.other"));

        assertThat(FileSystemProbe.in(folder).result()).isEqualTo(Result.OK);

        assertThat(old).doesNotExist();
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).containsExactlyInAnyOrder(young, other);
        }
    }

    private Path probe(String random, Duration age) throws IOException {
        Path probe = Files.createDirectory(folder.resolve(".virtwire.doctor-" + random));
        Files.createFile(probe.resolve("lower"));
        Files.setLastModifiedTime(probe, FileTime.from(Instant.now().minus(age)));
        return probe;
    }
}
