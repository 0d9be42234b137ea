// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static org.awaitility.Awaitility.await;

import dev.virtwire.repository.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A guest's disk that another program serves by NBD, on a UNIX socket. */
final class NetworkDisk implements AutoCloseable {
    private static final Duration LONG = Duration.ofMinutes(1);

    private final Process server;
    private final Path socket;
    private final String export;

    private NetworkDisk(Path socket, String export, String... command) throws IOException {
        this.server = new ProcessBuilder(command).inheritIO().start();
        this.socket = socket;
        this.export = export;
        await().atMost(LONG).until(() -> Files.exists(socket));
    }

    /** What the bytes of a file are, as export {@code net} of qemu-nbd. */
    static NetworkDisk of(Path file, Path socket) throws IOException {
        return new NetworkDisk(
                socket,
                "net",
                "qemu-nbd",
                "-t",
                "-e",
                "0",
                "-f",
                "raw",
                "-x",
                "net",
                "-k",
                socket.toString(),
                file.toString());
    }

    /** The only export of a server that this command starts. */
    static NetworkDisk by(Path socket, String... command) throws IOException {
        return new NetworkDisk(socket, "", command);
    }

    /** The socket at which it is served. */
    Path socket() {
        return socket;
    }

    /** For a domain's XML. */
    String device(String target, String format) {
        return "<disk type='network' device='disk'><driver name='qemu' type='" + format
                + "'/><source protocol='nbd' name='" + export + "'><host transport='unix' socket='" + socket
                + "'/></source><target dev='" + target + "' bus='virtio'/></disk>";
    }

    /** Stops the server, so that nothing that is asked of it ends until {@link #proceed}. */
    void hold() throws Exception {
        signal("STOP");
    }

    /** Lets it work again. */
    void proceed() throws Exception {
        signal("CONT");
    }

    private void signal(String name) throws Exception {
        new Tools().run(List.of("kill", "-" + name, String.valueOf(server.pid())));
    }

    /** Ends the server, if it still runs. */
    void end() {
        server.destroy();
        await().atMost(LONG).until(() -> !server.isAlive());
    }

    @Override
    public void close() {
        end();
    }
}
