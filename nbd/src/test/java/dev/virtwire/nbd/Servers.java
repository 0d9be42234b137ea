// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Starts real NBD servers and runs the tools that judge us. */
final class Servers implements AutoCloseable {
    private final Path directory;
    private final List<Process> processes = new ArrayList<>();
    private int count;

    Servers(Path directory) {
        this.directory = directory;
    }

    /** Starts nbdkit on a UNIX socket. */
    NbdAddress nbdkit(String... arguments) {
        Path socket = directory.resolve("nbdkit" + count++ + ".sock");
        List<String> command = new ArrayList<>(List.of("nbdkit", "--foreground", "--exit-with-parent"));
        command.addAll(List.of("--unix", socket.toString()));
        command.addAll(List.of(arguments));
        return started(command, new NbdAddress.Unix(socket));
    }

    /** Starts nbdkit on a TCP port of the loopback. */
    NbdAddress nbdkitOverTcp(String... arguments) {
        int port = freePort();
        List<String> command = new ArrayList<>(List.of("nbdkit", "--foreground", "--exit-with-parent"));
        command.addAll(List.of("--ipaddr", "127.0.0.1", "--port", Integer.toString(port)));
        command.addAll(List.of(arguments));
        return started(command, new NbdAddress.Tcp("127.0.0.1", port));
    }

    /** Starts qemu-nbd, read-only, on a UNIX socket. */
    NbdAddress qemuNbd(String... arguments) {
        Path socket = directory.resolve("qemu" + count++ + ".sock");
        return qemuNbd(new NbdAddress.Unix(socket), List.of("--socket", socket.toString()), arguments);
    }

    /** Starts qemu-nbd, read-only, on a TCP port of the loopback. */
    NbdAddress qemuNbdOverTcp(String... arguments) {
        int port = freePort();
        return qemuNbd(
                new NbdAddress.Tcp("127.0.0.1", port),
                List.of("--bind", "127.0.0.1", "--port", Integer.toString(port)),
                arguments);
    }

    private NbdAddress qemuNbd(NbdAddress address, List<String> where, String... arguments) {
        List<String> command = new ArrayList<>(List.of("qemu-nbd", "--read-only", "--persistent", "--shared", "8"));
        command.addAll(where);
        command.addAll(List.of(arguments));
        return started(command, address);
    }

    private NbdAddress started(List<String> command, NbdAddress address) {
        Path log = directory.resolve("server" + count++ + ".log");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            processes.add(process);
            for (int i = 0; i < 6000; i++) {
                if (!process.isAlive()) {
                    throw new AssertionError(command + " ended at once: " + Files.readString(log));
                }
                if (accepts(address)) {
                    return address;
                }
                Thread.sleep(10);
            }
            throw new AssertionError(command + " does not listen: " + Files.readString(log));
        } catch (IOException e) {
            throw new UncheckedIOException(missing(command), e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A socket's file is there a moment before anybody listens on it. */
    private static boolean accepts(NbdAddress address) {
        SocketAddress target = address instanceof NbdAddress.Unix unix
                ? UnixDomainSocketAddress.of(unix.socket())
                : new InetSocketAddress(((NbdAddress.Tcp) address).host(), ((NbdAddress.Tcp) address).port());
        try (SocketChannel channel = SocketChannel.open(target)) {
            return channel.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    /** Runs a tool to its end and returns what it printed. */
    static String run(String... command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int status = process.waitFor();
            if (status != 0) {
                throw new AssertionError(String.join(" ", command) + " exited with " + status + ": " + output);
            }
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException(missing(List.of(command)), e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String missing(List<String> command) {
        return "cannot run " + command.get(0)
                + ": ./check installs it (Debian packages nbdkit, libnbd-bin, qemu-utils)";
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Kills the servers, so that they cannot say goodbye. */
    void kill() {
        processes.forEach(Process::destroyForcibly);
    }

    @Override
    public void close() {
        for (Process process : processes) {
            process.destroy();
        }
        for (Process process : processes) {
            // qemu-nbd loses a signal that comes while it starts.
            process.onExit()
                    .completeOnTimeout(process, 10, TimeUnit.SECONDS)
                    .join()
                    .destroyForcibly();
        }
    }
}
