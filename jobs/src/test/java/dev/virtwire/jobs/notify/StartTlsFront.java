// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.notify;

import dev.virtwire.testkit.TestPki;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** Speaks SMTP until STARTTLS, and passes on to a server what comes by TLS after that. GreenMail has no STARTTLS. */
final class StartTlsFront implements AutoCloseable {
    private final ServerSocket listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    private final int behind;
    private final SSLContext context = SSLContext.getInstance("TLS");
    private final List<String> commands = new CopyOnWriteArrayList<>();

    StartTlsFront(int behind, TestPki.Identity identity) throws IOException, GeneralSecurityException {
        this.behind = behind;
        context.init(identity.keyManagers(), null, null);
        start("accept", this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** The first words of what came without TLS. */
    List<String> inTheClear() {
        return List.copyOf(commands);
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void start(String name, Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException e) {
                        // One side has hung up, and the test says what should have come before.
                    }
                },
                "STARTTLS " + name);
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() throws IOException {
        while (true) {
            Socket socket = listener.accept();
            start("client", () -> serve(socket));
        }
    }

    private void serve(Socket socket) throws IOException {
        OutputStream out = socket.getOutputStream();
        say(out, "220 front");
        // One byte at a time: what follows STARTTLS is TLS's.
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII), 1);
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String command = line.split(" ")[0];
            commands.add(command);
            if (command.equals("STARTTLS")) {
                say(out, "220 go ahead");
                break;
            }
            say(out, "250-front\r\n250 STARTTLS");
        }
        SSLSocket tls = (SSLSocket) context.getSocketFactory().createSocket(socket, null, socket.getPort(), true);
        tls.setUseClientMode(false);
        tls.startHandshake();
        try (Socket server = new Socket(InetAddress.getLoopbackAddress(), behind)) {
            // Its greeting; the client has had one.
            InputStream answers = server.getInputStream();
            for (int each = answers.read(); each != '\n'; each = answers.read()) {
                if (each < 0) {
                    return;
                }
            }
            start("answers", () -> {
                answers.transferTo(tls.getOutputStream());
                tls.close();
            });
            tls.getInputStream().transferTo(server.getOutputStream());
        }
    }

    private static void say(OutputStream out, String line) throws IOException {
        out.write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
