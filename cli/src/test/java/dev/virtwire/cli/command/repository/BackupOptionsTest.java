// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.NbdListen;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.cli.output.ExitCode;
import dev.virtwire.image.Compression;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Mode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** From the options of {@code backup} to the plan of a backup. */
class BackupOptionsTest {
    private static BackupRequest plan(String... arguments) {
        BackupOptions options = new BackupOptions();
        new CommandLine(options).parseArgs(arguments);
        return options.request("web1");
    }

    @Test
    void withoutOptionsItIsAPullOfAllDisksAtTheLevelThatIsPossible() {
        BackupRequest plan = plan();
        assertThat(plan.domain()).isEqualTo("web1");
        assertThat(plan.mode()).isEqualTo(Mode.PULL);
        assertThat(plan.level()).isNull();
        assertThat(plan.since()).isNull();
        assertThat(plan.keepFullCheckpoint()).isFalse();
        assertThat(plan.disks()).isEmpty();
        assertThat(plan.excluded()).isEmpty();
        assertThat(plan.scratchFolder()).isNull();
        assertThat(plan.scratchLimit()).isNull();
        assertThat(plan.quiesce()).isFalse();
        assertThat(plan.resume()).isFalse();
        assertThat(plan.nbd()).isNull();
        assertThat(plan.insecureNbd()).isFalse();
        assertThat(plan.compression()).isEqualTo(Compression.NONE);
        assertThat(plan.longestWait()).isZero();
        assertThat(plan("--wait=30m").longestWait()).hasMinutes(30);
    }

    @Test
    void eachOptionReachesThePlan() {
        BackupRequest pull = plan(
                "--level=incremental",
                "--since=20261122T190000Z-full",
                "--keep-full-checkpoint",
                "--disk=vda",
                "--disk=vdb",
                "--scratch=/scratch",
                "--scratch-limit=20G",
                "--quiesce",
                "--resume",
                "--compress=zstd",
                "--nbd=[::1]:10809-10810",
                "--insecure-nbd");
        assertThat(pull.level()).isEqualTo(Level.INCREMENTAL);
        assertThat(pull.since()).isEqualTo("20261122T190000Z-full");
        assertThat(pull.keepFullCheckpoint()).isTrue();
        assertThat(pull.disks()).containsExactlyInAnyOrder("vda", "vdb");
        assertThat(pull.scratchFolder()).isEqualTo("/scratch");
        assertThat(pull.scratchLimit()).isEqualTo(20L << 30);
        assertThat(pull.quiesce()).isTrue();
        assertThat(pull.resume()).isTrue();
        assertThat(pull.compression()).isEqualTo(Compression.ZSTD);
        assertThat(pull.nbd()).isEqualTo(new NbdListen("::1", 10809, 10810));
        assertThat(pull.insecureNbd()).isTrue();
        BackupRequest push = plan("--mode", "push", "--target", "/host", "--exclude", "vdc");
        assertThat(push.mode()).isEqualTo(Mode.PUSH);
        assertThat(push.pushFolder()).isEqualTo("/host");
        assertThat(push.excluded()).containsExactly("vdc");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            --level full --since P       | a full backup copies everything, not what changed since point P
            --mode push --target /h --level incremental | a push is always full: what it builds on would have to lie in the repository, and a push leaves nothing there. Use pull mode for increments
            --mode push --target /h --since P | a push is always full: what it builds on would have to lie in the repository, and a push leaves nothing there. Use pull mode for increments
            --mode push                  | --mode push needs --target, the host's folder to write to
            --target /host               | --target is for --mode push
            --mode push --target /h --nbd 127.0.0.1:1 | --nbd is for --mode pull
            --mode push --target /h --scratch /s      | --scratch is for --mode pull
            --mode push --target /h --scratch-limit 1 | --scratch-limit is for --mode pull
            --mode push --target /h --resume          | --resume is for --mode pull
            --mode push --target /h --insecure-nbd    | --insecure-nbd is for --mode pull
            --mode push --target /h --compress zstd   | --compress is for --mode pull
            --mode push --target here    | the target folder is on the host and must be absolute: here
            --scratch here               | the scratch folder is on the host and must be absolute: here
            --disk vda --exclude vda     | disk vda is both chosen and excluded
            --nbd kvm1                   | --nbd: 'kvm1' is not ADDR:PORT or ADDR:FIRST-LAST
            --nbd kvm1:70000             | --nbd: ports 70000-70000 are not a range from 1 to 65535
            """)
    void optionsThatContradictEachOtherAreRefused(String options, String message) {
        assertThatThrownBy(() -> plan(options.split(" ")))
                .hasMessage(message)
                .isInstanceOfSatisfying(
                        CommandException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE));
    }
}
