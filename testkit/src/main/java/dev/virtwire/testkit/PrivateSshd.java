// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * OpenSSH's own sshd on a port of 127.0.0.1, in the namespaces of a {@link PrivateLibvirtd} and of the same Debian: who
 * logs in there finds that libvirtd's socket at {@code /run/libvirt/libvirt-sock}. It has keys of its own for the host
 * and for one client, who may log in as root. It ends with {@link #close}, with its libvirtd, and with the JVM however
 * that ends.
 *
 * @since 0.1
 */
public final class PrivateSshd implements AutoCloseable {
    private static final String LAUNCHER = "private-sshd";
    private static final long END_SECONDS = 20;

    private final Process process;
    private final Path directory;
    private final int port;

    private PrivateSshd(Process process, Path directory, int port) {
        this.process = process;
        this.directory = directory;
        this.port = port;
    }

    /** Starts to describe one, for a libvirtd that runs. */
    public static Builder builder(PrivateLibvirtd libvirtd) {
        return new Builder(libvirtd);
    }

    /**
     * What may differ from sshd to sshd.
     *
     * @since 0.1
     */
    public static final class Builder {
        private final PrivateLibvirtd libvirtd;
        private final List<String> lines = new ArrayList<>();
        private final List<String> keyTypes = new ArrayList<>();
        private @Nullable String user;
        private @Nullable String password;

        private Builder(PrivateLibvirtd libvirtd) {
            this.libvirtd = libvirtd;
        }

        /** Adds a line to sshd_config that wins over ours: {@code AllowStreamLocalForwarding no}. */
        public Builder line(String line) {
            lines.add(line);
            return this;
        }

        /** Gives the host a key of that type, such as {@code rsa}; without this it has one of {@code ed25519}. */
        public Builder hostKey(String type) {
            keyTypes.add(type);
            return this;
        }

        /**
         * Lets a user in by password, who is made for it and is nobody in particular; at most one in a libvirtd. With
         * the lines {@code UsePAM yes} and {@code KbdInteractiveAuthentication yes}, PAM asks for the password.
         */
        public Builder user(String name, String secret) {
            user = name;
            password = secret;
            return this;
        }

        /**
         * Starts it and waits until it listens.
         *
         * @throws TestkitException with the reason, if it does not come up
         */
        public PrivateSshd start() {
            try {
                Path directory = Files.createTempDirectory(libvirtd.directory().resolve("disks"), "sshd");
                int port = FreePort.find();
                Path configuration = directory.resolve("sshd_config");
                Files.writeString(configuration, configuration(directory, port));
                generate("ed25519", directory.resolve("identity"));
                Files.copy(directory.resolve("identity.pub"), directory.resolve("authorized_keys"));
                return Scripts.use(LAUNCHER, script -> launch(script, configuration, directory, port));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private String configuration(Path directory, int port) throws IOException {
            List<String> text = new ArrayList<>(lines);
            StringBuilder known = new StringBuilder();
            for (String type : keyTypes.isEmpty() ? List.of("ed25519") : keyTypes) {
                Path key = directory.resolve("host_" + type);
                generate(type, key);
                text.add("HostKey " + key);
                known.append("[127.0.0.1]:%d %s".formatted(port, Files.readString(Path.of(key + ".pub"))));
            }
            Files.writeString(directory.resolve("known_hosts"), known);
            text.addAll(List.of(
                    "Port " + port,
                    "ListenAddress 127.0.0.1",
                    "AuthorizedKeysFile " + directory.resolve("authorized_keys"),
                    "PermitRootLogin yes",
                    "PasswordAuthentication " + (user == null ? "no" : "yes"),
                    "KbdInteractiveAuthentication no",
                    "StrictModes no",
                    "UsePAM no",
                    "UseDNS no",
                    "PidFile none",
                    "MaxStartups 100",
                    "LogLevel VERBOSE"));
            return String.join("\n", text) + "\n";
        }

        private PrivateSshd launch(Path script, Path configuration, Path directory, int port) {
            List<String> command = new ArrayList<>(
                    List.of("bash", script.toString(), libvirtd.directory().toString(), configuration.toString()));
            if (user != null && password != null) {
                command.addAll(List.of(user, password));
            }
            Process process = Command.start(new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.appendTo(
                            directory.resolve("launcher.log").toFile())));
            try {
                String line = process.inputReader().readLine();
                if (!"ready".equals(line)) {
                    throw new TestkitException("No private sshd: "
                            + Files.readString(directory.resolve("launcher.log"))
                                    .strip());
                }
                return new PrivateSshd(process, directory, port);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** The port. */
    public int port() {
        return port;
    }

    /** A folder of its own, which goes with the libvirtd. */
    public Path directory() {
        return directory;
    }

    /** The private key that root may log in by; without a passphrase. */
    public Path identity() {
        return directory.resolve("identity");
    }

    /** The file of public keys that let root in: more may be added. */
    public Path authorizedKeys() {
        return directory.resolve("authorized_keys");
    }

    /** A known_hosts file that has this one's keys and no others. */
    public Path knownHosts() {
        return directory.resolve("known_hosts");
    }

    /** The URI of a driver by ssh, as root, by this one's own keys. */
    public String uri(String driver, String path) {
        return "%s+ssh://root@127.0.0.1:%d/%s?keyfile=%s&known_hosts=%s"
                .formatted(driver, port, path, identity(), knownHosts());
    }

    /** What sshd wrote to its log so far. */
    public String log() {
        try {
            return Files.readString(directory.resolve("sshd_config.log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends sshd and all its sessions. Closing again does nothing. */
    @Override
    public void close() {
        try {
            process.getOutputStream().close();
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                process.destroy();
                throw new TestkitException("A private sshd did not end within " + END_SECONDS + " s");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
        }
    }

    /** Makes a pair of keys without a passphrase. */
    private static void generate(String type, Path file) {
        Command.run(List.of("ssh-keygen", "-q", "-t", type, "-N", "", "-C", "virtwire-test", "-f", file.toString()));
    }
}
