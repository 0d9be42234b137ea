// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.session;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.sshd.client.channel.ChannelExec;
import org.apache.sshd.common.util.logging.SimplifiedLog;

/** Runs a command at the host, without a terminal. */
final class CommandChannel extends ChannelExec {
    private final SshStream stream;

    @SuppressWarnings("NullAway") // Null for no terminal, says SSHD.
    CommandChannel(SshStream stream, String command) {
        super(command, StandardCharsets.UTF_8, null, Map.of());
        this.stream = stream;
    }

    @Override
    protected void doWriteData(byte[] data, int offset, long length) {
        stream.data(data, offset, length);
    }

    @Override
    protected void doWriteExtendedData(byte[] data, int offset, long length) {
        stream.complaint(data, offset, length);
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

    /** What passes may have passwords in it. */
    @Override
    protected SimplifiedLog getSimplifiedLogger() {
        return SimplifiedLog.EMPTY;
    }
}
