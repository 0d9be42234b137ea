// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.login;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.apache.sshd.agent.common.AbstractAgentProxy;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;

/**
 * The agent that holds a user's keys and signs with them, over its UNIX socket: each question waits for its answer, on
 * the thread of the session. SSHD's own needs a native library for that. The agent is never forwarded.
 */
final class UnixAgent extends AbstractAgentProxy {
    private static final int MOST_BYTES = 1 << 20;

    private final SocketChannel socket;

    @SuppressWarnings("NullAway") // Null for no threads, says SSHD.
    UnixAgent(SocketChannel socket) {
        super(null);
        this.socket = socket;
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
}
