// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What people install, on systems that have nothing but what Debian's installer leaves. Part of {@code ./check
 * release}.
 */
@ExtendWith(LibvirtdExtension.class)
@Tag("packages")
class InstallIT {
    private static final long DAY = 86_400;
    private static final long MIB = 1 << 20;

    /** The two commands of a block in README.md: what installs, and what backs up. */
    private record Recipe(String install, String backup) {
        static Recipe of(String begin) throws IOException {
            Matcher block = Pattern.compile("```\n(" + begin + ".*)\n(.*)\n```")
                    .matcher(Files.readString(Packages.TOP.resolve("README.md")));
            assertThat(block.find())
                    .as("a block of two lines that begins with " + begin)
                    .isTrue();
            return new Recipe(
                    block.group(1).replaceFirst(" +#.*", ""), block.group(2).replaceFirst(" +#.*", ""));
        }

        /** With the real file's name. */
        String installing(Path file) {
            return install.replaceFirst("\\S*virtwire[-_]\\S+\\.(deb|tar\\.gz|tar)\\b", "/root/" + file.getFileName());
        }

        /** With what there is in a test. */
        String backingUp(Libvirtd libvirtd, Guest guest, Path repository) {
            return backup.replace("qemu:///system", libvirtd.unixUri())
                    .replace("web1", guest.name())
                    .replaceAll("/backups\\b", repository.toString());
        }
    }

    private static Guest guest(Libvirtd libvirtd) {
        return Guest.on(libvirtd, "installed")
                .disk(GuestDisk.qcow2(8 * MIB).pattern(3))
                .start();
    }

    private static void assertNothingButDebian(FreshDebian debian) {
        for (String tool : List.of("java", "mvn", "git", "virtwire")) {
            assertThat(debian.run("command -v " + tool).exitCode()).as(tool).isNotZero();
        }
    }

    private static void backUpAndRestore(
            FreshDebian debian, Recipe recipe, String command, Libvirtd libvirtd, Guest guest) throws IOException {
        Path work = Files.createTempDirectory(Path.of("/tmp"), "install");
        try {
            guest.copyDisk("vda", work.resolve("truth.raw"));
            Path repository = work.resolve("backups");
            assertThat(debian.output(recipe.backingUp(libvirtd, guest, repository)))
                    .startsWith("completed: installed@");
            assertThat(debian.output(command + " verify " + repository)).startsWith("intact: 1 point");
            debian.output(
                    command + " restore " + repository + " installed --to " + work.resolve("out") + " --format raw");
            assertThat(work.resolve("out/installed-vda.raw")).hasSameBinaryContentAs(work.resolve("truth.raw"));
            // With zstd's library, which is in the package for this machine.
            debian.output(recipe.backingUp(libvirtd, guest, work.resolve("compressed")) + " --compress zstd");
        } finally {
            Shell.output(Path.of("/"), Map.of(), "rm", "-rf", work.toString());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bookworm", "trixie"})
    void theDebIsInstalledUpgradedAndPurged(String suite, Libvirtd libvirtd) throws IOException {
        Path first = Packages.make("deb", Packages.THEN);
        Path second = Packages.make("deb", Packages.THEN + DAY);
        Recipe recipe = Recipe.of("apt install ");
        try (FreshDebian debian = FreshDebian.of(suite);
                Guest guest = guest(libvirtd)) {
            assertNothingButDebian(debian);
            debian.output("apt-get update -qq");
            TreeSet<String> before = debian.files();
            debian.put(first);
            debian.put(second);
            debian.output(recipe.installing(first).replace("apt install", "apt install -y"));
            assertThat(debian.output("dpkg --audit")).isEmpty();
            assertThat(debian.output("virtwire version")).startsWith("virtwire ");
            assertThat(startedFrom(debian)).contains("shared objects file");
            assertThat(debian.output("dpkg -L virtwire")).contains("/usr/bin/virtwire\n");
            backUpAndRestore(debian, recipe, "virtwire", libvirtd, guest);

            debian.output(recipe.installing(second).replace("apt install", "apt install -y"));
            assertThat(debian.output("dpkg-query -W -f '${Version}' virtwire")).contains("20261123");
            assertThat(startedFrom(debian)).contains("shared objects file");

            if (suite.equals("trixie")) {
                // Another Java becomes the default: the archive is made for that.
                debian.output("apt-get install -y -qq --no-install-recommends openjdk-25-jre-headless");
                assertThat(debian.output("ls /var/cache/virtwire")).isEqualTo("virtwire-25.jsa\n");
                assertThat(startedFrom(debian)).contains("shared objects file");
            }

            debian.output("apt-get remove -y -qq virtwire");
            assertThat(debian.run("command -v virtwire").exitCode()).isNotZero();
            debian.output("apt-get purge -y -qq virtwire");
            debian.output("apt-get autoremove -y -qq --purge");
            TreeSet<String> left = debian.files();
            left.removeAll(before);
            left.remove("/root/" + first.getFileName());
            left.remove("/root/" + second.getFileName());
            assertThat(left).noneMatch(file -> file.contains("virtwire"));
        }
    }

    @Test
    void lintianFindsNoError() {
        CommandRun run = Shell.run(
                Packages.TOP,
                Map.of(),
                List.of(
                        "lintian",
                        "--no-cfg",
                        "--fail-on",
                        "error",
                        Packages.make("deb", Packages.THEN).toString()));
        assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
    }

    private static String startedFrom(FreshDebian debian) {
        debian.output("VIRTWIRE_OPTS=-Xlog:class+load:file=/root/classes virtwire version");
        return debian.output("grep VersionCommand /root/classes; rm /root/classes");
    }

    @ParameterizedTest
    @ValueSource(strings = {"bookworm", "trixie"})
    void theTarNeedsNoJava(String suite, Libvirtd libvirtd) throws IOException {
        Path tar = Packages.make("tar", Packages.THEN);
        Recipe recipe = Recipe.of("tar ");
        try (FreshDebian debian = FreshDebian.of(suite);
                Guest guest = guest(libvirtd)) {
            assertNothingButDebian(debian);
            debian.put(tar);
            debian.output(recipe.installing(tar));
            String command = recipe.backup().replaceFirst(" .*", "").replaceFirst("virtwire-[^/]+", folder(tar));
            assertThat(debian.output(command + " version")).startsWith("virtwire ");
            Recipe real = new Recipe(recipe.install(), command + recipe.backup().replaceFirst("[^ ]+", ""));
            backUpAndRestore(debian, real, command, libvirtd, guest);
            // It can lie anywhere, and its archive be made there.
            debian.output("mv " + command.replace("/bin/virtwire", "") + " '/srv/some place'");
            assertThat(debian.output(
                            "'/srv/some place/bin/virtwire' --make-archive && '/srv/some place/bin/virtwire' version"))
                    .startsWith("virtwire ");
        }
    }

    private static String folder(Path tar) {
        return tar.getFileName().toString().replaceFirst("-linux-.*", "");
    }

    @Test
    void theImageRunsInAnEngine(Libvirtd libvirtd) throws IOException {
        if (Shell.run(Packages.TOP, Map.of(), List.of("docker", "info")).exitCode() != 0) {
            String note = "no container engine answers: the image is NOT TRIED";
            System.err.println("NOTE: " + note);
            abort(note);
        }
        Path image = Packages.make("image", Packages.THEN);
        Recipe recipe = Recipe.of("docker load ");
        Path work = Files.createTempDirectory(Path.of("/tmp"), "install");
        String loaded = shell(recipe.installing(image).replace("/root/", image.getParent() + "/"));
        assertThat(loaded).startsWith("Loaded image: virtwire:");
        String name = loaded.strip().replace("Loaded image: ", "");
        try (Guest guest = guest(libvirtd)) {
            guest.copyDisk("vda", work.resolve("truth.raw"));
            // README's mounts and its URI: only what they have on the host's side is this test's own.
            String run =
                    mounting(recipe.backup(), "/run/libvirt", libvirtd.socket().getParent());
            run = mounting(run, "/backups", work.resolve("backups"));
            run = run.replaceAll("virtwire:\\S+", name).replace("web1", guest.name());
            assertThat(shell(run)).startsWith("completed: installed@");
            String command =
                    "docker run --rm -v " + work + ":" + work + " -v " + work.resolve("backups") + ":/backups " + name;
            assertThat(shell(command + " verify /backups")).startsWith("intact: 1 point");
            shell(command + " restore /backups installed --format raw --to " + work.resolve("out"));
            try (Stream<Path> restored = Files.list(work.resolve("out"))) {
                assertThat(restored.map(Path::getFileName)).contains(Path.of("installed-vda.raw"));
            }
            assertThat(work.resolve("out/installed-vda.raw")).hasSameBinaryContentAs(work.resolve("truth.raw"));
            requireUpdates(shell("docker run --rm --entrypoint cat " + name + " /var/lib/dpkg/status"));
        } finally {
            shell("docker rmi " + name + "; rm -rf " + work);
        }
    }

    /** With such packages, Debian has nothing newer today. */
    private static void requireUpdates(String packages) throws IOException {
        try (FreshDebian debian = FreshDebian.of("trixie")) {
            Path status = Files.writeString(Files.createTempFile(Path.of("/tmp"), "packages", ""), packages);
            try {
                debian.output("sed -i 'p;s/ trixie main$/ trixie-updates main/' /etc/apt/sources.list");
                debian.output("apt-get update -qq");
                assertThat(debian.output("apt-get --simulate -o Dir::State::status=" + status + " dist-upgrade"))
                        .contains("0 upgraded, 0 newly installed");
            } finally {
                Files.delete(status);
            }
        }
    }

    /** A command that mounts a folder as README has it, with another one of the host's in its place. */
    private static String mounting(String command, String documented, Path outside) {
        String mount = "-v " + documented + ":" + documented + " ";
        assertThat(command).contains(mount);
        return command.replace(mount, "-v " + outside + ":" + documented + " ");
    }

    private static String shell(String command) {
        return Shell.output(Packages.TOP, Map.of(), "sh", "-c", command);
    }
}
