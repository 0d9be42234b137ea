// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.notify;

import dev.virtwire.jobs.config.NotificationSettings.Mail;
import dev.virtwire.jobs.config.NotificationSettings.MailSecurity;
import dev.virtwire.jobs.config.Secret;
import dev.virtwire.jobs.report.JobResult;
import dev.virtwire.jobs.report.JobText;
import dev.virtwire.jobs.report.Reasons;
import jakarta.mail.Address;
import jakarta.mail.AuthenticationFailedException;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.SendFailedException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Sends a mail. The server's certificate is always checked, and its name. */
final class MailNotifier implements Notifier {
    private final Mail settings;
    private final Map<String, String> environment;
    private final Duration limit;

    MailNotifier(Mail settings, Map<String, String> environment) {
        this(settings, environment, settings.limit());
    }

    /**
     * With another limit.
     *
     * @param limit how long all of the mail may take
     */
    MailNotifier(Mail settings, Map<String, String> environment, Duration limit) {
        this.settings = settings;
        this.environment = environment;
        this.limit = limit;
    }

    @Override
    public void ended(JobResult result) throws NotificationException {
        if (!Notifications.matters(settings.when(), result)) {
            return;
        }
        Secret secret = settings.password();
        String password = secret == null ? null : secret.read(environment);
        CompletableFuture<Void> sent = new CompletableFuture<>();
        Thread sender = new Thread(
                () -> {
                    try {
                        send(result, password);
                        sent.complete(null);
                    } catch (NotificationException | RuntimeException e) {
                        sent.completeExceptionally(e);
                    }
                },
                "virtwire mail");
        sender.setDaemon(true);
        sender.start();
        await(sent);
    }

    /** The library limits how long the server is silent, but not how long it talks. Who talks on is left alone. */
    private void await(CompletableFuture<Void> sent) throws NotificationException {
        try {
            sent.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new NotificationException(
                    "mail server " + settings.server() + " has not taken the mail within " + limit.toSeconds() + " s",
                    e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof NotificationException known) {
                throw known;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NotificationException("interrupted", e);
        }
    }

    private void send(JobResult result, @Nullable String password) throws NotificationException {
        Session session = Session.getInstance(properties(password != null));
        try (Transport transport = session.getTransport("smtp")) {
            MimeMessage message = message(session, result);
            transport.connect(settings.server(), port(), settings.user(), password);
            transport.sendMessage(message, message.getAllRecipients());
        } catch (AuthenticationFailedException e) {
            throw new NotificationException("mail server " + settings.server() + " refuses the login", e);
        } catch (SendFailedException e) {
            Address[] refused = e.getInvalidAddresses();
            Address[] sent = e.getValidSentAddresses();
            if (refused == null || refused.length == 0 || sent == null || sent.length == 0) {
                throw new NotificationException("mail server " + settings.server() + ": " + reason(e), e);
            }
            throw new NotificationException(
                    "mail server " + settings.server() + " refuses "
                            + Arrays.stream(refused).map(Address::toString).collect(Collectors.joining(", "))
                            + ", and has taken the mail for the others: " + reason(e),
                    e);
        } catch (MessagingException e) {
            throw new NotificationException("mail server " + settings.server() + ": " + reason(e), e);
        }
    }

    private int port() {
        if (settings.port() != 0) {
            return settings.port();
        }
        return switch (settings.security()) {
            case STARTTLS -> 587;
            case TLS -> 465;
            case NONE -> 25;
        };
    }

    private Properties properties(boolean logsIn) throws NotificationException {
        String timeout = Long.toString(settings.timeout().toMillis());
        Properties properties = new Properties();
        // One address that a server refuses does not keep the mail from the others.
        properties.put("mail.smtp.sendpartial", "true");
        properties.put("mail.smtp.auth", Boolean.toString(logsIn));
        properties.put("mail.smtp.connectiontimeout", timeout);
        properties.put("mail.smtp.timeout", timeout);
        properties.put("mail.smtp.writetimeout", timeout);
        if (settings.security() != MailSecurity.NONE) {
            boolean begins = settings.security() == MailSecurity.TLS;
            properties.put("mail.smtp.ssl.enable", Boolean.toString(begins));
            properties.put("mail.smtp.starttls.enable", Boolean.toString(!begins));
            properties.put("mail.smtp.starttls.required", Boolean.toString(!begins));
            properties.put("mail.smtp.ssl.checkserveridentity", "true");
            properties.put(
                    "mail.smtp.ssl.socketFactory",
                    TrustedCertificates.context(settings.ca()).getSocketFactory());
            // Without it, the library would try again without the factory above.
            properties.put("mail.smtp.socketFactory.fallback", "false");
        }
        return properties;
    }

    private MimeMessage message(Session session, JobResult result) throws MessagingException {
        String utf8 = StandardCharsets.UTF_8.name();
        MimeMessage message = new MimeMessage(session);
        message.setFrom(new InternetAddress(settings.from(), true));
        for (String to : settings.to()) {
            message.addRecipient(Message.RecipientType.TO, new InternetAddress(to, true));
        }
        // A guest's name has no line break, but who knows what a newer libvirt allows.
        message.setSubject(("virtwire: " + JobText.subject(result)).replaceAll("\\R", " "), utf8);
        message.setSentDate(Date.from(Instant.now()));
        message.setHeader("Auto-Submitted", "auto-generated");
        message.setText(
                JobText.subject(result) + "\n\n" + String.join("\n", JobText.lines(result)) + "\n\nRepository: "
                        + result.repository() + "\n",
                utf8);
        return message;
    }

    private static String reason(MessagingException failure) {
        @Nullable Exception next = failure.getNextException();
        String text = failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        String more = next == null || next.getMessage() == null || text.contains(next.getMessage())
                ? ""
                : " (" + next.getMessage() + ")";
        return Reasons.oneLine(text + more);
    }
}
