// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A guest with an operating system: a Debian kernel and a handful of programs, under plain emulation and in 160 MiB, up
 * some seconds after its start. It has an ext4 file system on vda, on which it writes all the while: it appends
 * numbered records to a file, each of them synced before the next. It runs QEMU's guest agent, and commands that a test
 * gives it. {@link GuestFileSystem} says of an image of vda whether it holds what such a guest may leave at one moment.
 *
 * <p>The first one on a machine takes half a minute longer: the kernel and the programs are fetched from Debian's
 * archive, as apt knows it, and kept under {@code ~/.cache/virtwire}.
 *
 * <p>All methods block. They may be called from several threads.
 *
 * @since 0.1
 */
public final class LinuxGuest implements AutoCloseable {
    private static final String MAKER = "linux-guest";
    private static final int MEMORY_MIB = 160;

    /** On a busy machine an emulated timer looks broken to a kernel that checks it. */
    private static final String COMMAND_LINE = "console=ttyS0 quiet panic=-1 no_timer_check";

    private static final long DEFAULT_SIZE = 64 << 20;
    private static final Duration LONGEST_BOOT = Duration.ofMinutes(3);
    private static final Duration LONGEST_COMMAND = Duration.ofMinutes(2);

    /** The guest answers each command with its output, this, and the command's number and exit status. */
    private static final char END = '\4';

    private final Guest guest;
    private final Virsh virsh;
    private final Path console;
    private final Path shell;
    private final boolean agent;
    private int commands;

    private LinuxGuest(Guest guest, Libvirtd libvirtd, boolean agent) {
        this.guest = guest;
        this.virsh = new Virsh(libvirtd.unixUri());
        this.console = file(libvirtd, guest.name(), "console");
        this.shell = file(libvirtd, guest.name(), "shell");
        this.agent = agent;
    }

    /** Begins to describe a guest. Its name becomes part of file names. */
    public static Builder on(Libvirtd libvirtd, String name) {
        return new Builder(libvirtd, name);
    }

    /**
     * What a guest is made of.
     *
     * @since 0.1
     */
    public static final class Builder {
        private final Libvirtd libvirtd;
        private final String name;
        private final List<GuestDisk> disks = new ArrayList<>();
        private final List<String> devices = new ArrayList<>();
        private long size = DEFAULT_SIZE;
        private boolean agent = true;

        private Builder(Libvirtd libvirtd, String name) {
            this.libvirtd = libvirtd;
            this.name = name;
        }

        /** Sets the size of vda, in bytes; 64 MiB without it. */
        public Builder fileSystem(long bytes) {
            size = bytes;
            return this;
        }

        /** Adds a disk that the guest sees and leaves alone: the first is vdb, the next vdc, and so on. */
        public Builder disk(GuestDisk disk) {
            disks.add(disk);
            return this;
        }

        /** Adds a piece of XML to the guest's devices. Serial ports 0 and 1 are taken. */
        public Builder device(String xml) {
            devices.add(xml);
            return this;
        }

        /** Leaves out the channel that the agent speaks on, and so the agent. */
        public Builder withoutAgent() {
            agent = false;
            return this;
        }

        /**
         * Makes the guest, starts it, and waits until it writes and its agent answers.
         *
         * @throws TestkitException with the reason and the end of its console, if it does not come up
         */
        public LinuxGuest start() {
            Path system = Scripts.use(
                    MAKER,
                    script -> Path.of(
                            Command.run(List.of("bash", script.toString())).strip()));
            Path folder = libvirtd.directory().resolve("disks");
            Guest.Builder builder = Guest.on(libvirtd, name)
                    .disk(GuestDisk.existing(GuestFileSystem.create(folder, name + "-vda", size), "qcow2"))
                    .boot(new Guest.Boot(
                            copy(system.resolve("vmlinuz"), folder),
                            copy(system.resolve("initramfs"), folder),
                            COMMAND_LINE,
                            MEMORY_MIB))
                    .device(serials());
            disks.forEach(builder::disk);
            devices.forEach(builder::device);
            if (agent) {
                builder.device(
                        "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>\n");
            }
            LinuxGuest linux = new LinuxGuest(builder.define(), libvirtd, agent);
            try {
                linux.start();
                return linux;
            } catch (RuntimeException e) {
                linux.close();
                throw e;
            }
        }

        private String serials() {
            return """
                        <serial type='file'><source path='%s'/><target port='0'/></serial>
                        <serial type='unix'><source mode='bind' path='%s'/><target port='1'/></serial>
                    """.formatted(file(libvirtd, name, "console"), file(libvirtd, name, "shell"));
        }

        /** To where libvirtd and QEMU see it, wherever they run. */
        private static Path copy(Path file, Path folder) {
            Path copy = folder.resolve("linux-" + file.getFileName());
            try {
                if (Files.notExists(copy)) {
                    Path part = Files.createTempFile(folder, "linux", ".part");
                    Files.write(part, Files.readAllBytes(file));
                    Files.move(part, copy);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return copy;
        }
    }

    private static Path file(Libvirtd libvirtd, String name, String kind) {
        return libvirtd.directory().resolve("disks").resolve(name + "." + kind);
    }

    /** The guest as QEMU has it: its disks, its state, its end. */
    public Guest guest() {
        return guest;
    }

    /** The guest's name. */
    public String name() {
        return guest.name();
    }

    /** What its kernel and its agent printed since it was started. */
    public String console() {
        try {
            return Files.readString(console, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How many records are on its disk by now, at least. */
    public long counted() {
        return Long.parseLong(run("cat /run/counted").strip());
    }

    /**
     * Runs a shell command in the guest, as root, and returns what it printed. It needs neither the agent nor the disk,
     * so it also works while the guest's file system is frozen.
     *
     * @param command one line
     * @throws TestkitException if its exit status is not 0, or if it takes longer than 2 minutes
     */
    public synchronized String run(String command) {
        commands++;
        String answer = exchange(commands + " " + command + "\n", "" + END + commands + " ");
        int end = answer.lastIndexOf(END);
        String output = answer.substring(answer.lastIndexOf(END, end - 1) + 1, end);
        String status = answer.substring(answer.indexOf(' ', end) + 1).strip();
        if (!status.equals("0")) {
            throw new TestkitException(name() + ": " + command + ": exit status " + status + ": " + output.strip());
        }
        return output;
    }

    /** Starts it again after it was destroyed or killed, and waits until it is up. */
    public void start() {
        guest.start();
        long end = System.nanoTime() + LONGEST_BOOT.toNanos();
        String missing = "its console is silent";
        while (!missing.isEmpty()) {
            if (System.nanoTime() > end || !guest.state().equals("running")) {
                String said = console();
                throw new TestkitException(name() + " did not come up, " + missing + ": "
                        + said.substring(Math.max(0, said.length() - 2000)).strip());
            }
            missing = missing();
            pause();
        }
    }

    /** What is still missing, or an empty text. */
    private String missing() {
        if (!console().contains("virtwire: the guest is up")) {
            return "it has not booted";
        }
        if (run("cat /run/counted 2> /dev/null || true").isEmpty()) {
            return "it does not write";
        }
        return agent && !agentAnswers() ? "its agent does not answer" : "";
    }

    /** Whether its agent answers libvirt. */
    private boolean agentAnswers() {
        try {
            virsh.run("qemu-agent-command", name(), "{\"execute\":\"guest-ping\"}");
            return true;
        } catch (TestkitException e) {
            return false;
        }
    }

    private static void pause() {
        try {
            Thread.sleep(50);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TestkitException("interrupted", e);
        }
    }

    /** Sends a line to the guest's shell and reads until the line that {@code last} begins. */
    private String exchange(String line, String last) {
        long end = System.nanoTime() + LONGEST_COMMAND.toNanos();
        StringBuilder answer = new StringBuilder();
        try (SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX);
                Selector readable = Selector.open()) {
            socket.connect(UnixDomainSocketAddress.of(shell));
            ByteBuffer out = ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8));
            while (out.hasRemaining()) {
                socket.write(out);
            }
            socket.configureBlocking(false);
            socket.register(readable, SelectionKey.OP_READ);
            ByteBuffer in = ByteBuffer.allocate(64 << 10);
            int begins = -1;
            while (begins < 0 || answer.indexOf("\n", begins) < 0) {
                readable.select(1000);
                readable.selectedKeys().clear();
                if (System.nanoTime() > end) {
                    throw new TestkitException(
                            name() + ": no answer within " + LONGEST_COMMAND.toMinutes() + " min to " + line.strip());
                }
                if (socket.read(in.clear()) < 0) {
                    throw new TestkitException(name() + " ended while it ran " + line.strip());
                }
                // A byte a character: nothing is cut in two.
                answer.append(new String(in.array(), 0, in.position(), StandardCharsets.ISO_8859_1));
                begins = answer.indexOf(last);
            }
        } catch (IOException e) {
            throw new TestkitException(name() + " takes no commands: " + e.getMessage(), e);
        }
        return answer.toString();
    }

    /** Destroys and undefines the guest. Its images stay, until its libvirtd goes. */
    @Override
    public void close() {
        guest.close();
    }
}
