// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A Debian system as debootstrap leaves it, with certificates and nothing else: no Java, no Maven, no git. It is a copy
 * that may be written to. Its {@code /tmp} and {@code /var/tmp} are this machine's, where private libvirtds are and
 * where their QEMUs listen.
 */
final class FreshDebian implements AutoCloseable {
    private static final String MAKER = "testkit/src/main/resources/dev/virtwire/testkit/debian-rootfs";
    private static final Path RUNNER =
            Path.of("src/test/resources/dev/virtwire/dist/in-debian").toAbsolutePath();

    private final Path root;

    private FreshDebian(Path root) {
        this.root = root;
    }

    /** One of a suite. */
    static FreshDebian of(String suite) throws IOException {
        return with(suite, "ca-certificates");
    }

    /** One that has some packages already. */
    static FreshDebian with(String suite, String... packages) throws IOException {
        List<String> maker = new ArrayList<>(List.of(MAKER, suite));
        maker.addAll(List.of(packages));
        String original = Shell.output(Packages.TOP, Map.of(), maker.toArray(String[]::new))
                .strip();
        Path root = Files.createTempDirectory(Path.of("/var/tmp"), "debian-" + suite);
        FreshDebian made = new FreshDebian(root);
        Shell.output(root, Map.of(), "cp", "-a", "--one-file-system", original + "/.", root.toString());
        // No package shall start a service here.
        Path policy = root.resolve("usr/sbin/policy-rc.d");
        Files.writeString(policy, "#!/bin/sh\nexit 101\n");
        assertThat(policy.toFile().setExecutable(true)).isTrue();
        return made;
    }

    /** A run, whatever comes of it. */
    CommandRun run(String command) {
        return Shell.run(root, Map.of(), List.of(RUNNER.toString(), root.toString(), command));
    }

    /** The output of a command that has to succeed. */
    String output(String command) {
        CommandRun run = run(command);
        assertThat(run.exitCode()).as("%s: %s%s", command, run.out(), run.err()).isZero();
        return run.out();
    }

    /** Where its files are. */
    Path root() {
        return root;
    }

    /** Puts a file of this machine into its root's home. */
    void put(Path file) throws IOException {
        Files.copy(file, root.resolve("root").resolve(file.getFileName()));
    }

    /** Its files, folders and links, but for what apt and dpkg keep for themselves. */
    TreeSet<String> files() throws IOException {
        TreeSet<String> files = new TreeSet<>();
        for (String part : List.of("etc", "usr", "var", "opt", "root", "srv")) {
            try (Stream<Path> all = Files.walk(root.resolve(part))) {
                all.filter(file -> Files.exists(file, LinkOption.NOFOLLOW_LINKS))
                        .map(file -> "/" + root.relativize(file))
                        .filter(file -> !file.matches("/var/(lib/(dpkg|apt)|cache/(apt|debconf|ldconfig)|log|tmp)/.*"))
                        .forEach(files::add);
            }
        }
        return files;
    }

    @Override
    public void close() {
        Shell.output(Path.of("/"), Map.of(), "rm", "-rf", "--one-file-system", root.toString());
    }
}
