// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.login;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.agent.SshAgent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class UnixAgentsTest {
    @TempDir
    private Path folder;

    private final List<String> notes = new ArrayList<>();

    /** As a gpg-agent whose dialog nobody sees. */
    @Test
    void oneThatDoesNotAnswerIsHungUpOnWhenNobodyWaits() throws Exception {
        Path path = folder.resolve("agent");
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(UnixDomainSocketAddress.of(path));
            UnixAgents agents = new UnixAgents(path, notes);
            SshAgent agent = agents.open();
            SocketChannel served = listener.accept();
            CompletableFuture<Object> identities = CompletableFuture.supplyAsync(() -> {
                try {
                    return agent.getIdentities();
                } catch (IOException e) {
                    return e;
                }
            });
            ByteBuffer question = ByteBuffer.allocate(5);
            while (question.hasRemaining()) {
                served.read(question);
            }
            agents.close();
            assertThat(identities.get(10, TimeUnit.SECONDS)).isInstanceOf(ClosedChannelException.class);
            assertThat(served.read(ByteBuffer.allocate(1))).isEqualTo(-1);
            assertThatThrownBy(() -> agents.open())
                    .isInstanceOf(IOException.class)
                    .hasMessage("the login was given up");
        }
    }

    @Test
    void oneThatIsNotThereIsNoted() throws IOException, InterruptedException, ExecutionException {
        Path nowhere = folder.resolve("nowhere");
        assertThat(new UnixAgents(nowhere, notes).open()).isNull();
        assertThat(notes).singleElement().asString().startsWith("no agent, since none answers at " + nowhere + " (");
    }
}
