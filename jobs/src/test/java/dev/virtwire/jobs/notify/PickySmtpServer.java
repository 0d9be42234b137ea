// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.notify;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/** An SMTP server that refuses some addresses. GreenMail takes each. */
final class PickySmtpServer implements AutoCloseable {
    private final ServerSocket listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    private final Set<String> refused;
    private final List<String> delivered = new CopyOnWriteArrayList<>();

    PickySmtpServer(Set<String> refused) throws IOException {
        this.refused = refused;
        Thread thread = new Thread(this::accept, "picky SMTP");
        thread.setDaemon(true);
        thread.start();
    }

    int port() {
        return listener.getLocalPort();
    }

    /** To whom mails went. */
    List<String> delivered() {
        return List.copyOf(delivered);
    }

    private void accept() {
        while (!listener.isClosed()) {
            try (Socket socket = listener.accept()) {
                serve(socket);
            } catch (IOException e) {
                // The client or the test has hung up, and the test says what should have come before.
            }
        }
    }

    private void serve(Socket socket) throws IOException {
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        OutputStream out = socket.getOutputStream();
        List<String> to = new ArrayList<>();
        say(out, "220 picky");
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.startsWith("RCPT TO:<")) {
                String address = line.substring("RCPT TO:<".length(), line.indexOf('>'));
                if (refused.contains(address)) {
                    say(out, "550 no such mailbox");
                    continue;
                }
                to.add(address);
            } else if (line.equals("DATA")) {
                say(out, "354 let it come");
                while (!".".equals(line)) {
                    line = lines.readLine();
                }
                delivered.addAll(to);
            }
            say(out, line.equals("QUIT") ? "221 bye" : "250 picky");
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
