// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.image.Compression;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What docs/jobs.md shows is a configuration. */
class JobsPageTest {
    private static final Pattern YAML = Pattern.compile("```yaml\n(repositories:.*?)```", Pattern.DOTALL);

    @TempDir
    Path folder;

    private JobSettings example(String page) throws Exception {
        Matcher example = YAML.matcher(Files.readString(Path.of("..", page)));
        assertThat(example.find()).isTrue();
        Path file = Files.writeString(folder.resolve("config.yaml"), example.group(1));
        return Configuration.read(file).job("nightly");
    }

    @Test
    void theExampleOfTheReadmeIsRight() throws Exception {
        JobSettings job = example("README.md");
        assertThat(job.guests().all()).isTrue();
        assertThat(job.schedule().calendar()).containsExactly("*-*-* 03:00:00");
    }

    @Test
    void theExampleOfThePageIsRight() throws Exception {
        JobSettings job = example("docs/jobs.md");

        assertThat(job.repository().folder()).isEqualTo(Path.of("/backups"));
        assertThat(job.backup().compression()).isEqualTo(Compression.ZSTD);
        assertThat(job.hosts()).extracting(HostSettings::name).containsExactly("kvm1", "kvm2");
        assertThat(job.guests().patterns()).containsExactly("web*", "db?");
        assertThat(job.backup().bytesPerSecond()).isEqualTo(200L << 20);
        assertThat(job.keep()).hasToString("14 daily, 12 monthly of Europe/Berlin");
        assertThat(job.hooks().limit()).isEqualTo(Duration.ofMinutes(10));
        assertThat(job.hooks().commands().get(HookSettings.Hook.BEFORE_GUEST)).hasSize(3);
        assertThat(job.verify().every()).isEqualTo(Duration.ofDays(7));
        assertThat(job.notifications())
                .extracting(NotificationSettings::name)
                .containsExactly("admins", "dead-man", "node");
        assertThat(job.schedule().randomDelay()).isEqualTo(900);
    }
}
