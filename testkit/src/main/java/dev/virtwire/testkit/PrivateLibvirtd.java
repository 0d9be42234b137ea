// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * A libvirtd of this machine's packages in namespaces of its own: beside the machine's libvirtd, and as many at a time
 * as one likes. It ends with {@link #close}, and with the JVM however that ends. Starting one takes a quarter of a
 * second, the first time on a machine two.
 *
 * @since 0.1
 */
public final class PrivateLibvirtd implements Libvirtd {
    private static final String LAUNCHER = "private-libvirtd";
    private static final String ROOTFS_MAKER = "debian-rootfs";

    /** What libvirtd needs, of which newer suites have the drivers in packages of their own, and a sshd before it. */
    private static final List<String> ROOTFS_PACKAGES = List.of(
            "libvirt-daemon",
            "libvirt-daemon-driver-qemu",
            "libvirt-daemon-driver-interface?",
            "libvirt-daemon-driver-network?",
            "libvirt-daemon-driver-nodedev?",
            "libvirt-daemon-driver-nwfilter?",
            "libvirt-daemon-driver-secret?",
            "libvirt-daemon-driver-storage?",
            "qemu-system-x86",
            "qemu-utils",
            "seabios",
            "ovmf",
            "swtpm",
            "swtpm-tools",
            "libsasl2-modules",
            "openssh-server",
            "netcat-openbsd");

    /** Hundreds of guests may have left their files, on a machine that has other work. */
    private static final long END_SECONDS = 180;

    private static final Executor DAEMON = task -> {
        Thread thread = new Thread(task, "private-libvirtd-stderr");
        thread.setDaemon(true);
        thread.start();
    };

    private final Process process;
    private final BufferedWriter commands;
    private final BufferedReader answers;
    private final CompletableFuture<String> complaints;
    private final Path directory;
    private final String unixUri;
    private final String tcpUri;

    private PrivateLibvirtd(Process process, CompletableFuture<String> complaints, Map<String, String> facts) {
        this.process = process;
        this.commands = process.outputWriter();
        this.answers = process.inputReader();
        this.complaints = complaints;
        this.directory = Path.of(Objects.requireNonNull(facts.get("directory")));
        this.unixUri = Objects.requireNonNull(facts.get("unix"));
        this.tcpUri = Objects.requireNonNull(facts.get("tcp"));
    }

    /** Starts one as {@link #builder} has it without further ado. */
    public static PrivateLibvirtd start() {
        return builder().start();
    }

    /** Starts to describe one. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * What may differ from libvirtd to libvirtd.
     *
     * @since 0.1
     */
    public static final class Builder {
        private final List<String> arguments = new ArrayList<>();

        private Builder() {}

        /** Adds a line to libvirtd.conf that wins over ours: {@code max_client_requests = 1}. */
        public Builder libvirtdConf(String line) {
            arguments.addAll(List.of("--libvirtd-conf", line));
            return this;
        }

        /** Sets an environment variable of libvirtd's, such as {@code SASL_CONF_PATH}. */
        public Builder variable(String name, String value) {
            arguments.addAll(List.of("--variable", name + "=" + value));
            return this;
        }

        /** Adds a line to qemu.conf that wins over ours. */
        public Builder qemuConf(String line) {
            arguments.addAll(List.of("--qemu-conf", line));
            return this;
        }

        /** Runs libvirtd and QEMU of another root file system, which is not written to. */
        public Builder rootfs(Path rootfs) {
            arguments.addAll(List.of("--rootfs", rootfs.toString()));
            return this;
        }

        /**
         * Runs libvirtd and QEMU of a Debian suite, such as {@code trixie} for libvirt 11.3 and QEMU 10.0, or
         * {@link DebianLibvirtd#NEWEST}. The first time on a machine this makes a root file system under
         * {@code ~/.cache/virtwire} by debootstrap, which takes a minute or two.
         */
        public Builder debian(String suite) {
            return Scripts.use(ROOTFS_MAKER, script -> {
                List<String> command = new ArrayList<>(List.of("bash", script.toString(), suite));
                command.addAll(ROOTFS_PACKAGES);
                return rootfs(Path.of(Command.run(command).strip()));
            });
        }

        /**
         * Starts it and waits until it answers.
         *
         * @throws TestkitException with the reason and libvirtd's last words, if it does not come up
         */
        public PrivateLibvirtd start() {
            return Scripts.use(LAUNCHER, script -> {
                List<String> command = new ArrayList<>(List.of("bash", script.toString()));
                command.addAll(arguments);
                return await(Command.start(new ProcessBuilder(command)));
            });
        }
    }

    private static PrivateLibvirtd await(Process process) {
        CompletableFuture<String> complaints =
                CompletableFuture.supplyAsync(() -> Command.text(process.getErrorStream()), DAEMON);
        Map<String, String> facts = new HashMap<>();
        try {
            String line;
            while ((line = process.inputReader().readLine()) != null) {
                if (line.equals("ready")) {
                    return new PrivateLibvirtd(process, complaints, facts);
                }
                int space = line.indexOf(' ');
                facts.put(line.substring(0, space), line.substring(space + 1));
            }
            throw new TestkitException(
                    "No private libvirtd: " + complaints.join().strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String unixUri() {
        return unixUri;
    }

    @Override
    public String tcpUri() {
        return tcpUri;
    }

    @Override
    public Path socket() {
        return directory.resolve("run/libvirt/libvirt-sock");
    }

    @Override
    public int tcpPort() {
        return URI.create(tcpUri).getPort();
    }

    @Override
    public Path directory() {
        return directory;
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
        command("kill-guest " + name);
    }

    @Override
    public String log() {
        Path log = directory.resolve("log/libvirtd.log");
        try {
            return Files.exists(log) ? Files.readString(log) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The end of its standard input is what tells the launcher to clear everything away. */
    @Override
    public void close() {
        try {
            commands.close();
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                process.destroy();
                throw new TestkitException("A private libvirtd in " + directory + " did not end within " + END_SECONDS
                        + " s: " + complaints.getNow(""));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
        }
    }

    /** For the test that kills it. */
    Process launcherProcess() {
        return process;
    }

    private synchronized void command(String command) {
        try {
            commands.write(command);
            commands.newLine();
            commands.flush();
            String answer = answers.readLine();
            if (answer == null || !answer.equals("ok")) {
                throw new TestkitException("Private libvirtd in " + directory + ": " + command + ": "
                        + (answer == null ? "it has ended: " + complaints.join().strip() : answer));
            }
        } catch (IOException e) {
            throw new TestkitException("Private libvirtd in " + directory + " has ended", e);
        }
    }
}
