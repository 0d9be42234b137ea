// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import com.github.dockerjava.api.model.Bind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.testcontainers.containers.Container;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.ImageFromDockerfile;

/**
 * libvirtd and QEMU in a container, by Testcontainers. It needs no privileges and no KVM. Closing it ends the guests
 * too.
 *
 * <pre>{@code
 * try (LibvirtdContainer libvirtd = LibvirtdContainer.debian("trixie")) {
 *     libvirtd.start();
 *     Guest guest = Guest.on(libvirtd, "web1").disk(GuestDisk.qcow2(64 << 20)).start();
 *     …
 * }
 * }</pre>
 *
 * <p>{@link #directory} is a folder of this machine that the container has at the same path, so guests'
 * disks and UNIX sockets need an engine on this machine. For TCP one elsewhere will do.
 *
 * @since 0.1
 */
public final class LibvirtdContainer extends GenericContainer<LibvirtdContainer> implements Libvirtd {
    private static final int PORT = 16509;
    private static final List<String> BUILD_CONTEXT =
            List.of("Dockerfile", "libvirtd.conf", "qemu.conf", "virtwire-libvirtd");

    private @Nullable Path directory;

    /** A container of an image that {@code docker/Dockerfile} has built before: {@code virtwire/libvirtd:trixie}. */
    public LibvirtdContainer(String image) {
        super(image);
        prepare();
    }

    private LibvirtdContainer(ImageFromDockerfile image) {
        super(image);
        prepare();
    }

    /**
     * A container of a Debian suite: {@code bookworm} has libvirt 9.0 and QEMU 7.2, {@code trixie} 11.3 and 10.0. The
     * image is built on {@code debian:SUITE-slim} when the container starts, which takes a minute or two, unless the
     * engine has it already.
     */
    public static LibvirtdContainer debian(String suite) {
        ImageFromDockerfile image = new ImageFromDockerfile("virtwire/libvirtd:" + suite, false)
                .withBuildArg("DEBIAN", suite)
                // An engine that must not touch firewall rules may have a network with no way out.
                .withBuildImageCmdModifier(command -> command.withNetworkMode("host"));
        for (String file : BUILD_CONTEXT) {
            image.withFileFromClasspath(file, "dev/virtwire/testkit/docker/" + file);
        }
        return new LibvirtdContainer(image);
    }

    private void prepare() {
        addExposedPort(PORT);
        waitingFor(Wait.forLogMessage("ready\\n", 1).withStartupTimeout(Duration.ofMinutes(2)));
        withCreateContainerCmdModifier(command -> {
            String folder = makeDirectory().toString();
            Objects.requireNonNull(command.getHostConfig())
                    .withBinds(
                            Bind.parse(folder + ":" + folder),
                            Bind.parse(folder + "/run:/run/libvirt"),
                            Bind.parse(folder + "/log:/var/log/libvirt"));
        });
    }

    private Path makeDirectory() {
        try {
            Path made = Files.createTempDirectory(Path.of("/tmp"), "vc.");
            for (String part : List.of("run", "log", "disks")) {
                Files.createDirectory(made.resolve(part));
            }
            directory = made;
            return made;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String unixUri() {
        return "qemu+unix:///system?socket=" + socket();
    }

    @Override
    public String tcpUri() {
        return "qemu+tcp://" + getHost() + ":" + tcpPort() + "/system";
    }

    @Override
    public Path socket() {
        return directory().resolve("run/libvirt-sock");
    }

    @Override
    public int tcpPort() {
        return getMappedPort(PORT);
    }

    @Override
    public Path directory() {
        Path made = directory;
        if (made == null) {
            throw new IllegalStateException("The container has not been started");
        }
        return made;
    }

    @Override
    public void kill() {
        command("kill");
    }

    @Override
    public void shutDown() {
        command("stop");
    }

    @Override
    public void restart() {
        command("restart");
    }

    @Override
    public void killGuest(String name) {
        command("kill-guest", name);
    }

    @Override
    public String log() {
        try {
            return Files.readString(directory().resolve("log/libvirtd.log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Stops the container, with libvirtd and all guests, and removes {@link #directory}. */
    @Override
    public void stop() {
        Path made = directory;
        if (made != null && isRunning()) {
            // What the container made belongs to its root; the test may run as another user.
            command("clear", made.toString());
        }
        super.stop();
        if (made != null) {
            delete(made);
            directory = null;
        }
    }

    @Override
    public void close() {
        stop();
    }

    private void command(String... words) {
        String[] command =
                Stream.concat(Stream.of("virtwire-libvirtd"), Stream.of(words)).toArray(String[]::new);
        try {
            Container.ExecResult result = execInContainer(command);
            if (result.getExitCode() != 0) {
                throw new TestkitException("Container " + getContainerId() + ": " + String.join(" ", words) + ": "
                        + result.getStderr().strip());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TestkitException(
                    "Container " + getContainerId() + ": " + String.join(" ", words) + ": interrupted", e);
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
