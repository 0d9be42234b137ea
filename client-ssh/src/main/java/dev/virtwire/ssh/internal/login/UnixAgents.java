// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.login;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the agent for one login. Who gives the login up hangs up on the agent: one that waits for a person would hold
 * the login's thread for as long as that takes.
 */
final class UnixAgents {
    private static final Logger LOG = LoggerFactory.getLogger(UnixAgents.class);

    private final Path path;
    private final List<String> notes;
    private final List<SocketChannel> sockets = new ArrayList<>();
    private boolean closed;

    /**
     * Opens the agent at a socket.
     *
     * @param notes takes a sentence if the agent does not answer
     */
    UnixAgents(Path path, List<String> notes) {
        this.path = path;
        this.notes = notes;
    }

    /**
     * Opens it; null, and noted, if it does not answer.
     *
     * @throws IOException if the login was given up
     */
    @Nullable
    UnixAgent open() throws IOException {
        SocketChannel socket = socket();
        try {
            socket.connect(UnixDomainSocketAddress.of(path));
            return new UnixAgent(socket);
        } catch (IOException e) {
            // As ssh does: the files of keys may help.
            socket.close();
            notes.add("no agent, since none answers at %s (%s)".formatted(path, e.getMessage()));
            return null;
        }
    }

    private synchronized SocketChannel socket() throws IOException {
        if (closed) {
            throw new IOException("the login was given up");
        }
        SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX);
        sockets.add(socket);
        return socket;
    }

    /** Ends what waits for the agent, and opens it no more. */
    synchronized void close() {
        closed = true;
        for (SocketChannel socket : sockets) {
            try {
                socket.close();
            } catch (IOException e) {
                LOG.debug("the socket of the agent at {} was not closed", path, e);
            }
        }
    }
}
