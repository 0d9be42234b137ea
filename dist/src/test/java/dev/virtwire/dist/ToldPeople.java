// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.virtwire.testkit.TestPki;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** Who is told by a job: a mailbox behind a login, and a web server. Both speak TLS only, on loopback. */
final class ToldPeople implements AutoCloseable {
    static final String PASSWORD = "s3cret of a test";
    private static final String LOGIN = "AUTH PLAIN ";

    private final TestPki pki = new TestPki("CA of those who are told");
    private final List<String> mails = new CopyOnWriteArrayList<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final SSLServerSocket mail;
    private final HttpsServer web;

    ToldPeople() throws IOException, GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(pki.server("127.0.0.1").keyManagers(), null, null);
        InetAddress loopback = InetAddress.getByName("127.0.0.1");
        mail = (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0, 10, loopback);
        Thread thread = new Thread(this::accept, "SMTP");
        thread.setDaemon(true);
        thread.start();
        web = HttpsServer.create(new InetSocketAddress(loopback, 0), 0);
        web.setHttpsConfigurator(new HttpsConfigurator(context));
        web.createContext("/", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            requests.add(exchange.getRequestURI() + " " + body);
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        web.start();
    }

    int mailPort() {
        return mail.getLocalPort();
    }

    int webPort() {
        return web.getAddress().getPort();
    }

    /** The authority of their certificates, in PEM. */
    TestPki pki() {
        return pki;
    }

    /** The mails that came, as they were sent. */
    List<String> mails() {
        return List.copyOf(mails);
    }

    /** The requests that came: path and body. */
    List<String> requests() {
        return List.copyOf(requests);
    }

    private void accept() {
        while (!mail.isClosed()) {
            try (SSLSocket socket = (SSLSocket) mail.accept()) {
                serve(socket);
            } catch (IOException e) {
                // Whoever does not trust the certificate hangs up, and the test says what should have come.
            }
        }
    }

    private void serve(SSLSocket socket) throws IOException {
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        OutputStream out = socket.getOutputStream();
        say(out, "220 mailbox");
        boolean known = false;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.startsWith("EHLO ")) {
                say(out, "250-mailbox\r\n250 AUTH PLAIN");
            } else if (line.startsWith(LOGIN)) {
                // For whom, who, and the password.
                byte[] login = Base64.getDecoder().decode(line.substring(LOGIN.length()));
                known = new String(login, StandardCharsets.UTF_8).endsWith("\0backup\0" + PASSWORD);
                say(out, known ? "235 welcome" : "535 wrong");
            } else if (line.equals("DATA") && known) {
                say(out, "354 let it come");
                mails.add(text(lines));
                say(out, "250 taken");
            } else if (line.equals("QUIT")) {
                say(out, "221 bye");
            } else {
                say(out, known ? "250 yes" : "530 log in first");
            }
        }
    }

    private static String text(BufferedReader lines) throws IOException {
        StringBuilder text = new StringBuilder();
        for (String line = lines.readLine(); line != null && !line.equals("."); line = lines.readLine()) {
            text.append(line).append('\n');
        }
        return text.toString();
    }

    private static void say(OutputStream out, String line) throws IOException {
        out.write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    @Override
    public void close() throws IOException {
        mail.close();
        web.stop(0);
    }
}
