// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Debian package, and what dpkg makes of it below another root. InstallIT takes it to whole systems. */
class PackageIT {
    private static Path deb;

    @TempDir
    Path root;

    @BeforeAll
    static void make() {
        deb = Packages.make("deb", Packages.THEN);
    }

    private static String field(String name) {
        return dpkgDeb("--field", deb.toString(), name).strip();
    }

    private static String dpkgDeb(String... arguments) {
        List<String> command = new ArrayList<>(List.of("dpkg-deb"));
        command.addAll(List.of(arguments));
        return Shell.output(Path.of("."), Map.of(), command.toArray(String[]::new));
    }

    private List<String> listing() {
        return dpkgDeb("--contents", deb.toString()).lines().toList();
    }

    @Test
    void itSaysWhatItIsAndNeeds() {
        assertThat(field("Package")).isEqualTo("virtwire");
        // A snapshot is older than its release, and younger than those before it.
        assertThat(field("Version")).matches("\\d+\\.\\d+\\.\\d+(~20261122\\d{6})?-1");
        assertThat(deb.getFileName()).hasToString("virtwire_" + field("Version") + "_all.deb");
        assertThat(field("Architecture")).isEqualTo("all");
        assertThat(field("Depends")).isEqualTo("default-jre-headless (>= 2:1.17) | java17-runtime-headless");
        assertThat(field("Maintainer")).matches(".+ <.+@.+>");
        assertThat(Integer.parseInt(field("Installed-Size"))).isBetween(5_000, 40_000);
    }

    @Test
    void itsFilesLieWhereDebianWantsThem() {
        assertThat(listing())
                .anySatisfy(line ->
                        assertThat(line).startsWith("-rwxr-xr-x root/root ").endsWith(" ./usr/bin/virtwire"))
                .anySatisfy(line ->
                        assertThat(line).startsWith("drwxr-xr-x root/root ").endsWith(" ./etc/virtwire/"));
        List<String> files = listing().stream()
                .filter(line -> line.startsWith("-"))
                .map(line -> line.substring(line.indexOf("./") + 1))
                .toList();
        assertThat(files)
                .contains(
                        "/usr/share/doc/virtwire/copyright",
                        "/usr/share/doc/virtwire/changelog.gz",
                        "/usr/share/doc/virtwire/changelog.Debian.gz",
                        "/usr/share/man/man1/virtwire.1.gz",
                        "/usr/share/man/man1/virtwire-backup.1.gz",
                        "/usr/share/bash-completion/completions/virtwire",
                        "/usr/share/zsh/vendor-completions/_virtwire",
                        "/usr/share/fish/vendor_completions.d/virtwire.fish",
                        "/usr/lib/systemd/system/virtwire@.service",
                        "/usr/lib/systemd/system/virtwire@.timer",
                        "/usr/lib/systemd/user/virtwire@.service",
                        "/usr/lib/systemd/user/virtwire@.timer",
                        "/usr/share/virtwire/lib/virtwire.classes")
                .allMatch(file -> file.matches("/usr/bin/virtwire"
                        + "|/usr/lib/systemd/(system|user)/virtwire@[.](service|timer)"
                        + "|/usr/share/(doc/virtwire|man/man1|virtwire/lib|bash-completion/completions"
                        + "|zsh/vendor-completions|fish/vendor_completions.d)/[^/]+"));
        assertThat(listing()).allMatch(line -> line.matches("[-d]rw[-x]r-[-x]r-[-x] root/root .*"));
    }

    @Test
    void everyLibraryInItHasItsLicenceInTheCopyrightFile() throws IOException {
        String copyright = Files.readString(Packages.TOP.resolve("dist/src/debian/copyright"));
        for (String line : listing()) {
            if (line.endsWith(".jar") && !line.contains("/virtwire-")) {
                String jar = line.substring(line.lastIndexOf('/') + 1).replaceFirst("-\\d.*", "");
                assertThat(copyright).containsPattern("(?m)^(Files:)? +lib/" + jar + "-\\*\\.jar$");
            }
        }
    }

    @Test
    void whatIsNotForLinuxIsLeftOut() {
        dpkgDeb("--extract", deb.toString(), root.toString());
        String natives = Shell.output(root, Map.of(), "sh", "-c", "unzip -Z1 usr/share/virtwire/lib/zstd-jni-*.jar");
        assertThat(natives)
                .contains("linux/amd64/", "linux/aarch64/")
                .doesNotContain(".dll", ".dylib", "freebsd/amd64/lib");
    }

    @Test
    void twoRunsMakeTheSameBytes() throws IOException {
        byte[] once = Files.readAllBytes(deb);
        assertThat(Packages.makeAgain("deb", Packages.THEN)).isEqualTo(deb);
        assertThat(Files.readAllBytes(deb)).isEqualTo(once);
    }

    @Test
    void dpkgInstallsUpgradesRemovesAndPurgesIt() throws IOException {
        makeSystemWithJava();
        TreeSet<String> before = files();
        dpkg("--install", deb.toString());
        Path archive =
                root.resolve("var/cache/virtwire/virtwire-" + Runtime.version().feature() + ".jsa");
        assertThat(archive).exists();
        assertThat(run("version").out()).matches("virtwire .*\n");
        assertThat(isStartedFromArchive()).isTrue();

        // Another Java came: dpkg calls the trigger.
        Files.delete(archive);
        Shell.output(
                root,
                Map.of(),
                "dpkg-trigger",
                "--admindir=" + root.resolve("var/lib/dpkg"),
                "--by-package=openjdk-17-jre-headless",
                "/usr/lib/jvm");
        dpkg("--triggers-only", "--pending");
        assertThat(archive).exists();

        Path mine = Files.writeString(root.resolve("etc/virtwire/mine"), "what a person wrote");
        dpkg("--install", Packages.make("deb", Packages.THEN + 86_400).toString());
        assertThat(isStartedFromArchive()).isTrue();
        assertThat(mine).hasContent("what a person wrote");

        dpkg("--remove", "virtwire");
        assertThat(root.resolve("usr/bin/virtwire")).doesNotExist();
        assertThat(root.resolve("var/cache/virtwire")).doesNotExist();
        dpkg("--purge", "virtwire");
        TreeSet<String> left = files();
        left.removeAll(before);
        left.removeIf(file -> file.startsWith("var/lib/dpkg/") || file.startsWith("var/log/"));
        assertThat(left).containsExactly("etc/virtwire/mine");
    }

    /** What dpkg has to know of a system: that its Java is that of Debian. */
    private void makeSystemWithJava() throws IOException {
        Path dpkg = Files.createDirectories(root.resolve("var/lib/dpkg"));
        Files.createDirectory(dpkg.resolve("updates"));
        Files.createFile(Files.createDirectory(dpkg.resolve("info")).resolve("openjdk-17-jre-headless.list"));
        Files.createDirectories(root.resolve("var/log"));
        Files.writeString(dpkg.resolve("status"), """
            Package: openjdk-17-jre-headless
            Status: install ok installed
            Maintainer: A test <test@virtwire.invalid>
            Architecture: amd64
            Version: 17
            Provides: java17-runtime-headless
            Description: what the package needs

            """);
    }

    /** Its scripts run without a chroot, since there is no system below that root. */
    private void dpkg(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                "dpkg", "--root=" + root, "--force-script-chrootless", "--log=" + root.resolve("var/log/dpkg.log")));
        command.addAll(List.of(arguments));
        Shell.output(root, Map.of("JAVA_HOME", System.getProperty("java.home")), command.toArray(String[]::new));
    }

    private CommandRun run(String... arguments) {
        List<String> command =
                new ArrayList<>(List.of(root.resolve("usr/bin/virtwire").toString()));
        command.addAll(List.of(arguments));
        CommandRun run = Shell.run(root, Map.of("JAVA_HOME", System.getProperty("java.home")), command);
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        return run;
    }

    private boolean isStartedFromArchive() throws IOException {
        Path log = root.resolve("var/log/classes");
        CommandRun run = Shell.run(
                root,
                Map.of("JAVA_HOME", System.getProperty("java.home"), "VIRTWIRE_OPTS", "-Xlog:class+load:file=" + log),
                List.of(root.resolve("usr/bin/virtwire").toString(), "version"));
        assertThat(run.exitCode()).isZero();
        return Files.readString(log).contains("dev.virtwire.cli.command.VersionCommand source: shared objects file");
    }

    private TreeSet<String> files() throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            return new TreeSet<>(all.filter(Files::isRegularFile)
                    .map(file -> root.relativize(file).toString())
                    .toList());
        }
    }
}
