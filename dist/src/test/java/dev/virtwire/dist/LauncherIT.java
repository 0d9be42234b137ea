// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the launcher script does before there is Java. */
class LauncherIT {
    @TempDir
    Path folder;

    @Test
    void itRunsFromAnywhereAndThroughALink() throws IOException {
        CommandRun direct = new Launcher().run("version");
        assertThat(direct.exitCode()).isZero();
        assertThat(direct.out()).matches("virtwire \\d+\\.\\d+\\.\\d+(-SNAPSHOT)?\n");
        assertThat(direct.err()).isEmpty();
        Path link = Files.createSymbolicLink(folder.resolve("vw"), Launcher.script());
        assertThat(new Launcher().at(link).run("version")).isEqualTo(direct);
    }

    @Test
    void argumentsAreUtf8WhateverTheLocale() {
        assertThat(new Launcher()
                        .with("LC_ALL", "C")
                        .run("uri", "qemu:///gäste ☃")
                        .err())
                .isEqualTo("error: URI 'qemu:///gäste ☃': Illegal character in path at position 13\n");
    }

    /** Neither of these is installed here; C.UTF-8 always is. */
    @Test
    void aLocaleThatIsNotInstalledChangesNothing() throws Exception {
        for (String variable : List.of("LANG=de_DE.UTF-8", "LC_CTYPE=UTF-8", "LC_TIME=xx_XX.UTF-8", "LANG=")) {
            Process process = new ProcessBuilder(
                            "env",
                            "-i",
                            "PATH=" + System.getenv("PATH"),
                            variable,
                            "bash",
                            "-c",
                            "exec " + Launcher.script() + " points $'/nowhere/Z\\xc3\\xbcrich'")
                    .redirectErrorStream(true)
                    .start();
            assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .as(variable)
                    .startsWith("error: ")
                    .contains("/nowhere/Zürich");
        }
    }

    @Test
    void aReaderThatWantsLessEndsItSilently() throws Exception {
        Process process = new ProcessBuilder(
                        "bash", "-c", Launcher.script() + " call --list | true; echo ${PIPESTATUS[0]}")
                .redirectErrorStream(true)
                .start();
        assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("141\n");
    }

    @Test
    void optionsForJavaReachIt() {
        assertThat(new Launcher()
                        .with("JAVA_OPTS", "-Xmx64m -Dfirst=1")
                        .with("VIRTWIRE_OPTS", "-XX:+PrintFlagsFinal -Xmx96m")
                        .run("version")
                        .out())
                .containsPattern("MaxHeapSize += 100663296 ");
    }

    /** Only that one makes the processor's own instructions of digests. */
    @Test
    void whatHashesDataHasTheOptimizingCompiler() {
        for (String command : List.of("backup", "verify", "restore", "prune")) {
            assertThat(new Launcher()
                            .with("VIRTWIRE_OPTS", "-XX:+PrintFlagsFinal")
                            .run(command, "--help")
                            .out())
                    .as(command)
                    .containsPattern(" TieredStopAtLevel += 4 ");
        }
    }

    @Test
    void aJavaThatIsTooOldIsPassedOver() throws IOException {
        Path old = Files.createDirectories(folder.resolve("jdk-11/bin")).getParent();
        Files.writeString(old.resolve("release"), "IMPLEMENTOR=\"Old\"\nJAVA_VERSION=\"11.0.2\"\n");
        Files.writeString(old.resolve("bin/java"), "#!/bin/sh\necho old >&2\nexit 9\n");
        assertThat(old.resolve("bin/java").toFile().setExecutable(true)).isTrue();
        CommandRun run = new Launcher().with("JAVA_HOME", old.toString()).run("version");
        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).isEmpty();
    }

    /** With {@code --quiet}, cron sends mail of whatever is printed. */
    @Test
    void anotherJavaThanTheBuildsPrintsNothingOfItsOwn() throws IOException {
        Path archive = Launcher.script()
                .resolveSibling("dist/target/virtwire-" + Runtime.version().feature() + ".jsa");
        assertThat(archive).exists();
        for (Path home : Launcher.otherJavas()) {
            CommandRun run = new Launcher().with("JAVA_HOME", home.toString()).run("version", "--quiet");
            assertThat(run.err()).as(home.toString()).isEmpty();
            assertThat(run.exitCode()).isZero();
            // Nor if it takes this Java's archive for its own.
            run = new Launcher()
                    .with("JAVA_HOME", home.toString())
                    .with("VIRTWIRE_OPTS", "-XX:SharedArchiveFile=" + archive)
                    .run("version", "--quiet");
            assertThat(run.err()).as(home.toString()).isEmpty();
            assertThat(run.exitCode()).isZero();
        }
    }

    /** Java refuses both at once. */
    @Test
    void aCacheOfJavasOwnTakesThePlaceOfTheArchive() throws IOException {
        for (Path home : Launcher.otherJavas()) {
            if (Files.readString(home.resolve("release")).matches("(?s).*JAVA_VERSION=\"(2[5-9]|[3-9]\\d)\\b.*")) {
                CommandRun run = new Launcher()
                        .with("JAVA_HOME", home.toString())
                        .with("VIRTWIRE_OPTS", "-XX:AOTCacheOutput=" + folder.resolve("cache.aot"))
                        .run("version");
                assertThat(run.exitCode()).as(run.err()).isZero();
                assertThat(folder.resolve("cache.aot")).exists();
            }
        }
    }

    /** The archive is what makes short commands short; one that nobody notices to be missing would be no use. */
    @Test
    void theClassDataArchiveOfTheBuildIsUsed() throws IOException {
        Path log = folder.resolve("classes.log");
        CommandRun run = new Launcher()
                .with("JAVA_HOME", System.getProperty("java.home"))
                .with("VIRTWIRE_OPTS", "-Xlog:class+load:file=" + log)
                .run("uri", "qemu:///system");
        assertThat(run.exitCode()).isZero();
        List<String> classes = Files.readAllLines(log, StandardCharsets.UTF_8);
        assertThat(classes)
                .filteredOn(line -> line.contains("dev.virtwire.cli.command.UriCommand source"))
                .singleElement()
                .asString()
                .contains("shared objects file");
        // The first lambda that is made at a start costs a tenth of it.
        assertThat(classes)
                .filteredOn(line -> line.contains("] dev.virtwire.cli.") && line.contains("$$Lambda"))
                .isNotEmpty()
                .allMatch(line -> line.contains("shared objects file"));
    }
}
