// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.repository.DomainPoints;
import dev.virtwire.repository.Repository;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.PrivateLibvirtd;
import dev.virtwire.testkit.PrivateSshd;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A program that is a Java module runs with the module path alone, which the build has filled with all that it needs.
 */
class ModulePathIT {
    private static final Path TARGET = Path.of("target");

    @TempDir
    private Path folder;

    @Test
    void guestsAreBackedUpOverSshFromTheModulePath() throws Exception {
        try (PrivateLibvirtd libvirtd = PrivateLibvirtd.start();
                Guest guest = Guest.on(libvirtd, "modular")
                        .disk(GuestDisk.qcow2(4 << 20).pattern(1))
                        .start();
                PrivateSshd sshd = PrivateSshd.builder(libvirtd).start()) {
            Path output = folder.resolve("output");
            Process program = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "--module-path",
                            modulePath(),
                            "--module",
                            "dev.virtwire.examples/" + BackUpAllGuests.class.getName(),
                            sshd.uri("qemu", "system"),
                            folder.resolve("backups").toString())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            assertThat(program.waitFor()).as(Files.readString(output)).isZero();

            Repository repository = Repository.open(folder.resolve("backups"));
            assertThat(repository.points())
                    .singleElement()
                    .extracting(DomainPoints::domain)
                    .isEqualTo(guest.name());
        }
    }

    /** The examples' own jar, and the jars of all that they need at run time. */
    private static String modulePath() throws IOException {
        try (Stream<Path> own = Files.list(TARGET);
                Stream<Path> needed = Files.list(TARGET.resolve("modules"))) {
            return Stream.concat(own, needed)
                    .filter(file -> file.toString().endsWith(".jar"))
                    .map(file -> file.toAbsolutePath().toString())
                    .collect(Collectors.joining(File.pathSeparator));
        }
    }
}
