// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import dev.virtwire.testkit.TestPki;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.auth.pubkey.AcceptAllPublickeyAuthenticator;

/**
 * A host that is reached by TLS and one that is reached by ssh, for {@link ArchiveTraining}. Both let everybody in and
 * have no libvirtd, so a command fails there, but not before it has loaded what the way to it takes. They stand in
 * another process than the training, which is to note the classes of clients only.
 */
final class TrainingHosts implements AutoCloseable {
    private final Path folder;
    private final SSLServerSocket tls;
    private final SshServer ssh;

    TrainingHosts() throws IOException {
        folder = Files.createTempDirectory("virtwire");
        tls = listenWithTls();
        ssh = listenWithSsh();
    }

    /** What a command connects to, in vain. */
    List<String> uris() {
        return List.of(
                "qemu+tls://127.0.0.1:%d/system?pkipath=%s".formatted(tls.getLocalPort(), folder),
                "qemu+ssh://root@127.0.0.1:%d/system?keyfile=%s&known_hosts=%s"
                        .formatted(ssh.getPort(), folder.resolve("clientkey.pem"), folder.resolve("known_hosts")));
    }

    private SSLServerSocket listenWithTls() throws IOException {
        TestPki authority = new TestPki("training");
        TestPki.pem(folder.resolve("cacert.pem"), authority.authority());
        authority.client("training").write(folder.resolve("clientcert.pem"), folder.resolve("clientkey.pem"));
        TestPki.Identity server = authority.server("127.0.0.1");
        SSLServerSocket listener;
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(server.keyManagers(), null, null);
            listener = (SSLServerSocket)
                    context.getServerSocketFactory().createServerSocket(0, 1, InetAddress.getLoopbackAddress());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
        Thread thread = new Thread(() -> greet(listener), "training-tls");
        thread.setDaemon(true);
        thread.start();
        return listener;
    }

    /** Says as libvirtd does that the client is welcome, and hangs up at its first word. */
    private static void greet(SSLServerSocket listener) {
        try (SSLSocket client = (SSLSocket) listener.accept()) {
            client.getOutputStream().write(1);
            int said = client.getInputStream().read();
            if (said < 0) {
                throw new IOException("the client said nothing");
            }
        } catch (IOException e) {
            System.err.println("The archive lacks some classes of TLS: " + e.getMessage());
        }
    }

    private SshServer listenWithSsh() throws IOException {
        KeyPair host = TestPki.keys("EC");
        SshServer server = SshServer.setUpDefaultServer();
        server.setHost(InetAddress.getLoopbackAddress().getHostAddress());
        server.setKeyPairProvider(KeyPairProvider.wrap(host));
        server.setPublickeyAuthenticator(AcceptAllPublickeyAuthenticator.INSTANCE);
        server.start();
        Files.writeString(
                folder.resolve("known_hosts"),
                "[127.0.0.1]:%d %s%n".formatted(server.getPort(), PublicKeyEntry.toString(host.getPublic())));
        return server;
    }

    @Override
    public void close() throws IOException {
        ssh.stop(true);
        tls.close();
        try (Stream<Path> made = Files.walk(folder)) {
            for (Path path : made.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
