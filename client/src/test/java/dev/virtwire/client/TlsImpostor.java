// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.testkit.TestPki;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.security.GeneralSecurityException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/**
 * Stands where a server should and shows a certificate of its own, says that it lets everybody in, and counts what it
 * is told thereupon.
 */
final class TlsImpostor implements AutoCloseable {
    private final SSLServerSocket listener;
    private final AtomicLong received = new AtomicLong();
    private final AtomicInteger connections = new AtomicInteger();

    TlsImpostor(TestPki.Identity identity) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(identity.keyManagers(), null, null);
            listener = (SSLServerSocket)
                    context.getServerSocketFactory().createServerSocket(0, 10, InetAddress.getLoopbackAddress());
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
        Thread thread = new Thread(this::serve, "tls-impostor");
        thread.setDaemon(true);
        thread.start();
    }

    int port() {
        return listener.getLocalPort();
    }

    /** How many bytes clients have trusted it with, the handshake's own apart. */
    long received() {
        return received.get();
    }

    /** How many clients have come and gone. */
    int connections() {
        return connections.get();
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }

    private void serve() {
        while (!listener.isClosed()) {
            try (SSLSocket client = (SSLSocket) listener.accept()) {
                OutputStream out = client.getOutputStream();
                out.write(1);
                out.flush();
                InputStream in = client.getInputStream();
                while (in.read() >= 0) {
                    received.incrementAndGet();
                }
            } catch (IOException e) {
                // The client did not believe it, or the test is over.
            }
            connections.incrementAndGet();
        }
    }
}
