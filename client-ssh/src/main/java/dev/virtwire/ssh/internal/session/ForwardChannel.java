// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.session;

import java.io.IOException;
import java.util.function.Consumer;
import org.apache.sshd.client.channel.AsyncCapableClientChannel;
import org.apache.sshd.client.future.DefaultOpenFuture;
import org.apache.sshd.client.future.OpenFuture;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.channel.LocalWindow;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.logging.SimplifiedLog;

/** Has the host connect to something, without a port that anybody else could use. SSHD has none for sockets. */
final class ForwardChannel extends AsyncCapableClientChannel {
    private final SshStream stream;
    private final Consumer<Buffer> target;

    private ForwardChannel(String type, SshStream stream, Consumer<Buffer> target) {
        super(type, false);
        this.stream = stream;
        this.target = target;
    }

    /** To a UNIX socket of the host: OpenSSH's own kind of channel. */
    static ForwardChannel toSocket(SshStream stream, String path) {
        return new ForwardChannel("direct-streamlocal@openssh.com", stream, message -> {
            message.putString(path);
            // What is reserved for who asks, and from which port.
            message.putString("");
            message.putUInt(0);
        });
    }

    /** To a TCP port that the host reaches. */
    static ForwardChannel toPort(SshStream stream, String host, int port) {
        return new ForwardChannel("direct-tcpip", stream, message -> {
            message.putString(host);
            message.putUInt(port);
            message.putString("127.0.0.1");
            message.putUInt(0);
        });
    }

    @Override
    public synchronized OpenFuture open() throws IOException {
        if (isClosing()) {
            throw new IOException("the ssh session has ended");
        }
        openFuture = new DefaultOpenFuture(this, futureLock);
        LocalWindow window = getLocalWindow();
        Buffer message = getSession().createBuffer(SshConstants.SSH_MSG_CHANNEL_OPEN);
        message.putString(getChannelType());
        message.putUInt(getChannelId());
        message.putUInt(window.getSize());
        message.putUInt(window.getPacketSize());
        target.accept(message);
        writePacket(message);
        return openFuture;
    }

    @Override
    protected void doWriteData(byte[] data, int offset, long length) {
        stream.data(data, offset, length);
    }

    @Override
    public void handleEof() throws IOException {
        super.handleEof();
        stream.eof();
    }

    @Override
    public void handleClose() throws IOException {
        super.handleClose();
        stream.closedByPeer();
    }

    /** What passes is neither logged nor looked at. */
    @Override
    protected SimplifiedLog getSimplifiedLogger() {
        return SimplifiedLog.EMPTY;
    }
}
