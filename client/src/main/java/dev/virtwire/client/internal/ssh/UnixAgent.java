// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.ssh;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import org.apache.sshd.agent.SshAgent;
import org.apache.sshd.agent.SshAgentFactory;
import org.apache.sshd.agent.SshAgentServer;
import org.apache.sshd.agent.common.AbstractAgentProxy;
import org.apache.sshd.common.FactoryManager;
import org.apache.sshd.common.channel.ChannelFactory;
import org.apache.sshd.common.session.ConnectionService;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The agent that holds a user's keys and signs with them, over its UNIX socket: each question waits for its answer, on the
 * thread of the session. SSHD's own needs a native library for that. The agent is never forwarded.
 */
final class UnixAgent extends AbstractAgentProxy {
    private static final int MOST_BYTES = 1 << 20;

    private final SocketChannel socket;

    @SuppressWarnings("NullAway") // Null for no threads, says SSHD.
    private UnixAgent(SocketChannel socket) {
        super(null);
        this.socket = socket;
    }

    /**
     * Makes agents of one socket.
     *
     * @param notes takes a sentence where the agent does not answer
     */
    static SshAgentFactory at(Path path, List<String> notes) {
        return new Factory(path, notes);
    }

    @Override
    protected synchronized Buffer request(Buffer question) throws IOException {
        ByteBuffer out = ByteBuffer.wrap(question.array(), question.rpos(), question.available());
        while (out.hasRemaining()) {
            socket.write(out);
        }
        int length = read(Integer.BYTES).getInt();
        if (length < 1 || length > MOST_BYTES) {
            throw new IOException("the agent's answer has " + Integer.toUnsignedString(length) + " bytes");
        }
        return new ByteArrayBuffer(read(length).array());
    }

    private ByteBuffer read(int length) throws IOException {
        ByteBuffer answer = ByteBuffer.allocate(length);
        while (answer.hasRemaining()) {
            if (socket.read(answer) < 0) {
                throw new EOFException("the agent hung up");
            }
        }
        return answer.flip();
    }

    @Override
    public boolean isOpen() {
        return socket.isOpen();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private record Factory(Path path, List<String> notes) implements SshAgentFactory {
        @Override
        public List<ChannelFactory> getChannelForwardingFactories(FactoryManager manager) {
            return List.of();
        }

        @Override
        @SuppressWarnings("NullAway") // Null for no agent, says SSHD.
        public SshAgent createClient(@Nullable Session session, FactoryManager manager) throws IOException {
            SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX);
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

        @Override
        public SshAgentServer createServer(ConnectionService service) {
            throw new UnsupportedOperationException("the agent is not forwarded");
        }
    }
}
