// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import dev.virtwire.jobs.config.NotificationSettings.Mail;
import dev.virtwire.jobs.config.NotificationSettings.MailSecurity;
import dev.virtwire.jobs.config.NotificationSettings.When;
import dev.virtwire.jobs.config.Secret;
import dev.virtwire.testkit.TestPki;
import jakarta.mail.MessagingException;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** GreenMail takes the mails: in the clear, by TLS, and by STARTTLS with a front before it. */
class MailTest {
    private static final String PASSWORD = "s3cret";
    private static final TestPki PKI = new TestPki("Mail CA");
    private static final TestPki.Identity SERVER = PKI.server("localhost");

    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private GreenMail plain;
    private GreenMail tls;
    private Path ca;

    /** GreenMail reads its key once in a process. */
    @BeforeAll
    static void writeKeyOfTheServer() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry(
                "own", SERVER.keys().getPrivate(), PASSWORD.toCharArray(), new Certificate[] {SERVER.certificate()});
        Path file = shared.resolve("greenmail.p12");
        try (OutputStream stream = Files.newOutputStream(file)) {
            store.store(stream, PASSWORD.toCharArray());
        }
        System.setProperty("greenmail.tls.keystore.file", file.toString());
        System.setProperty("greenmail.tls.keystore.password", PASSWORD);
        System.setProperty("greenmail.tls.key.password", PASSWORD);
    }

    @BeforeEach
    void start() {
        plain = server(ServerSetup.PROTOCOL_SMTP);
        tls = server(ServerSetup.PROTOCOL_SMTPS);
        ca = folder.resolve("ca.pem");
        TestPki.pem(ca, PKI.authority());
    }

    private static GreenMail server(String protocol) {
        GreenMail server = new GreenMail(new ServerSetup(0, "localhost", protocol));
        server.setUser("backup@example.org", "backup", PASSWORD);
        server.start();
        return server;
    }

    @AfterEach
    void stop() {
        plain.stop();
        tls.stop();
    }

    private Secret password(String password) throws Exception {
        Path file = Files.writeString(folder.resolve("password"), password + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return new Secret.OfFile(file);
    }

    private static Mail mail(
            String server, int port, MailSecurity security, Secret password, Path ca, Duration timeout) {
        return new Mail(
                "admins",
                server,
                port,
                security,
                password == null ? null : "backup",
                password,
                "Virtwire <backup@example.org>",
                List.of("a@example.org", "b@example.org"),
                When.WARNING,
                timeout,
                ca);
    }

    private static Mail mail(int port, MailSecurity security, Secret password, Path ca) {
        return mail("localhost", port, security, password, ca, Duration.ofSeconds(30));
    }

    private static void tellFailure(Mail mail) throws NotificationException {
        new MailNotifier(mail, Map.of()).ended(Results.failed());
    }

    @Test
    void theSubjectNamesJobOutcomeAndGuests() throws Exception {
        Mail mail = mail(plain.getSmtp().getPort(), MailSecurity.NONE, null, null);
        tellFailure(mail);
        new MailNotifier(mail, Map.of()).ended(Results.warned());
        new MailNotifier(mail, Map.of()).ended(Results.done());

        // Each of the two has two addresses.
        List<MimeMessage> messages = List.of(plain.getReceivedMessages());
        assertThat(messages).hasSize(4);
        assertThat(of(messages, "virtwire: job nightly on backup1 is done with warnings"))
                .hasSize(2);
        List<MimeMessage> failed = of(messages, "virtwire: job nightly on backup1 failed: wëb1");
        assertThat(failed).hasSize(2);
        assertThat(failed.get(0).getFrom()[0]).hasToString("Virtwire <backup@example.org>");
        assertThat(failed.get(0).getHeader("Auto-Submitted")).containsExactly("auto-generated");
        assertThat(failed.get(0).getContent().toString().replace("\r\n", "\n"))
                .startsWith("job nightly on backup1 failed: wëb1\n\nfailed: wëb1: it was not backed up")
                .contains("hook before-guest of wëb1: no room");
    }

    private static List<MimeMessage> of(List<MimeMessage> messages, String subject) throws MessagingException {
        List<MimeMessage> found = new ArrayList<>();
        for (MimeMessage message : messages) {
            if (message.getSubject().equals(subject)) {
                found.add(message);
            }
        }
        return found;
    }

    @Test
    void oneAddressThatIsRefusedKeepsTheMailFromNobodyElse() throws Exception {
        try (PickySmtpServer server = new PickySmtpServer(Set.of("a@example.org"))) {
            assertThatThrownBy(() -> tellFailure(mail(server.port(), MailSecurity.NONE, null, null)))
                    .isInstanceOf(NotificationException.class)
                    .hasMessageStartingWith(
                            "mail server localhost refuses a@example.org, and has taken the mail for the" + " others: ")
                    .hasMessageContaining("550 no such mailbox");
            assertThat(server.delivered()).containsExactly("b@example.org");
        }
    }

    @Test
    void ifAllAddressesAreRefusedNobodyIsSaidToHaveTheMail() throws Exception {
        try (PickySmtpServer server = new PickySmtpServer(Set.of("a@example.org", "b@example.org"))) {
            assertThatThrownBy(() -> tellFailure(mail(server.port(), MailSecurity.NONE, null, null)))
                    .isInstanceOf(NotificationException.class)
                    .hasMessageStartingWith("mail server localhost: ")
                    .hasMessageContaining("550 no such mailbox");
            assertThat(server.delivered()).isEmpty();
        }
    }

    @Test
    void theLoginGoesByTlsToAServerThatIsTrusted() throws Exception {
        tellFailure(mail(tls.getSmtps().getPort(), MailSecurity.TLS, password(PASSWORD), ca));
        assertThat(tls.getReceivedMessages()).hasSize(2);
    }

    @Test
    void aRefusedLoginIsSaidWithoutThePassword() throws Exception {
        Secret wrong = password("wr0ng");
        assertThatThrownBy(() -> tellFailure(mail(tls.getSmtps().getPort(), MailSecurity.TLS, wrong, ca)))
                .isInstanceOf(NotificationException.class)
                .hasMessage("mail server localhost refuses the login")
                .hasMessageNotContaining("wr0ng");
        assertThat(tls.getReceivedMessages()).isEmpty();
    }

    @Test
    void aServerOfAnUnknownAuthorityOrAnotherNameGetsNothing() throws Exception {
        Secret secret = password(PASSWORD);
        int port = tls.getSmtps().getPort();
        assertThatThrownBy(() -> tellFailure(mail(port, MailSecurity.TLS, secret, null)))
                .hasMessageContaining("mail server localhost: ");
        assertThatThrownBy(() ->
                        tellFailure(mail("127.0.0.1", port, MailSecurity.TLS, secret, ca, Duration.ofSeconds(30))))
                .hasMessageContaining("mail server 127.0.0.1: ");
        assertThat(tls.getReceivedMessages()).isEmpty();
    }

    /** Somebody on the way could take the offer out. */
    @Test
    void aServerWithoutStartTlsGetsNothing() throws Exception {
        Secret secret = password(PASSWORD);
        assertThatThrownBy(() -> tellFailure(mail(plain.getSmtp().getPort(), MailSecurity.STARTTLS, secret, ca)))
                .hasMessageContaining("STARTTLS");
        assertThat(plain.getReceivedMessages()).isEmpty();
    }

    @Test
    void theLoginComesAfterStartTls() throws Exception {
        try (StartTlsFront front = new StartTlsFront(plain.getSmtp().getPort(), SERVER)) {
            tellFailure(mail(front.port(), MailSecurity.STARTTLS, password(PASSWORD), ca));
            assertThat(front.inTheClear()).containsExactly("EHLO", "STARTTLS");
        }
        assertThat(plain.getReceivedMessages()).hasSize(2);
    }

    @Test
    void aWrongCertificateAfterStartTlsEndsIt() throws Exception {
        Secret secret = password(PASSWORD);
        try (StartTlsFront front = new StartTlsFront(plain.getSmtp().getPort(), PKI.server("other.example.org"))) {
            assertThatThrownBy(() -> tellFailure(mail(front.port(), MailSecurity.STARTTLS, secret, ca)))
                    .hasMessageContaining("mail server localhost: ");
            assertThat(front.inTheClear()).containsExactly("EHLO", "STARTTLS");
        }
        assertThat(plain.getReceivedMessages()).isEmpty();
    }

    @Test
    void aServerThatTalksForEverIsLeftAlone() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread talker = new Thread(() -> talk(server), "talking SMTP server");
            talker.start();
            Mail mail = mail("localhost", server.getLocalPort(), MailSecurity.NONE, null, null, Duration.ofMinutes(1));
            assertThat(mail.limit()).hasMinutes(10);
            MailNotifier notifier = new MailNotifier(mail, Map.of(), Duration.ofSeconds(1));
            assertThatThrownBy(() -> notifier.ended(Results.failed()))
                    .isInstanceOf(NotificationException.class)
                    .hasMessage("mail server localhost has not taken the mail within 1 s");
            talker.interrupt();
            talker.join();
        }
    }

    /** A greeting without an end. */
    private static void talk(ServerSocket server) {
        try (Socket socket = server.accept()) {
            while (true) {
                socket.getOutputStream().write("220-wait\r\n".getBytes(StandardCharsets.US_ASCII));
                Thread.sleep(20);
            }
        } catch (InterruptedException e) {
            // The test is over.
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aServerThatIsAwayOrSilentIsSaid() throws Exception {
        int away;
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            away = silent.getLocalPort();
            assertThatThrownBy(() ->
                            tellFailure(mail("localhost", away, MailSecurity.NONE, null, null, Duration.ofMillis(300))))
                    .hasMessageContaining("mail server localhost: ");
        }
        assertThatThrownBy(() -> tellFailure(mail(away, MailSecurity.NONE, null, null)))
                .hasMessageContaining("mail server localhost: ");
    }
}
