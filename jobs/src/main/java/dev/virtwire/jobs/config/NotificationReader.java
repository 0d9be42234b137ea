// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.config;

import dev.virtwire.jobs.config.NotificationSettings.Address;
import dev.virtwire.jobs.config.NotificationSettings.Http;
import dev.virtwire.jobs.config.NotificationSettings.Mail;
import dev.virtwire.jobs.config.NotificationSettings.MailSecurity;
import dev.virtwire.jobs.config.NotificationSettings.Ping;
import dev.virtwire.jobs.config.NotificationSettings.Textfile;
import dev.virtwire.jobs.config.NotificationSettings.Webhook;
import dev.virtwire.jobs.config.NotificationSettings.When;
import dev.virtwire.jobs.internal.yaml.Section;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads who is told. */
final class NotificationReader {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final int TRIES = 4;
    private static final int MOST_TRIES = 10;
    private static final int LAST_PORT = 65535;
    private static final Pattern HEADER = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+");
    private static final Pattern MAILBOX = Pattern.compile("[^\\s@<>]+@[^\\s@<>]+|[^<>\\r\\n]*<[^\\s@<>]+@[^\\s@<>]+>");
    /** A name may begin with digits too. */
    private static final Pattern LOOPBACK = Pattern.compile("127(\\.[0-9]{1,3}){3}");

    private static final List<String> TYPES = List.of("webhook", "ping", "mail", "textfile");

    private final SecretReader secrets;
    private final boolean looks;

    /**
     * Reads who is told.
     *
     * @param looks whether files of certificates are looked at
     */
    NotificationReader(SecretReader secrets, boolean looks) {
        this.secrets = secrets;
        this.looks = looks;
    }

    @Nullable
    NotificationSettings read(Section section) {
        section.require("type");
        String type = section.word("type", TYPES);
        if (type == null) {
            // Which keys there may be, nobody knows.
            List.of("url", "headers", "token", "on", "tries", "timeout", "ca", "start", "success", "warning", "failure")
                    .forEach(section::has);
            List.of("server", "port", "security", "user", "password", "from", "to", "folder")
                    .forEach(section::has);
            return null;
        }
        return switch (type) {
            case "webhook" -> webhook(section);
            case "ping" -> ping(section);
            case "mail" -> mail(section);
            default -> textfile(section);
        };
    }

    private @Nullable Webhook webhook(Section section) {
        Address url = secrets.address(section, "url");
        Map<String, String> headers = section.pairs("headers");
        headers.forEach((name, value) -> {
            if (!HEADER.matcher(name).matches()) {
                section.mistake("headers", "'" + name + "' is not the name of a header");
            } else if (name.equalsIgnoreCase("Authorization")) {
                section.mistake("headers", "what authorizes is a secret: use the key 'token'");
            } else if (!canBeSent(name, "")) {
                section.mistake("headers", "'" + name + "' cannot be chosen: each request has its own");
            } else if (!canBeSent(name, value)) {
                section.mistake("headers", "'" + name + "' has a value that no header can have");
            }
        });
        Secret token = secrets.read(section, "token");
        When when = when(section, When.ALWAYS);
        Http http = http(section);
        return url == null ? null : new Webhook(ConfigurationReader.nameOf(section), url, headers, token, when, http);
    }

    /** Some headers Java sets itself, and refuses from others. */
    private static boolean canBeSent(String name, String value) {
        try {
            HttpRequest.newBuilder().setHeader(name, value);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private @Nullable Ping ping(Section section) {
        Address url = secrets.address(section, "url");
        String start = suffix(section, "start", "/start");
        String success = suffix(section, "success", "");
        String warning = suffix(section, "warning", success);
        String failure = suffix(section, "failure", "/fail");
        Http http = http(section);
        return url == null
                ? null
                : new Ping(
                        ConfigurationReader.nameOf(section),
                        url,
                        start.equals("none") ? null : start,
                        success,
                        warning,
                        failure,
                        http);
    }

    private static String suffix(Section section, String key, String otherwise) {
        String suffix = section.value(key, text -> {
            boolean none = key.equals("start") && text.equals("none");
            if (!none && !text.startsWith("/") && !text.startsWith("?")) {
                throw new IllegalArgumentException("added to the address, and begins with '/' or '?'"
                        + (key.equals("start") ? ", or it says none" : ""));
            }
            if (!none && !Web.isAddress("https://example.org" + text)) {
                throw new IllegalArgumentException("added to the address, and has only what an address may have");
            }
            return text;
        });
        return suffix == null ? otherwise : suffix;
    }

    private Http http(Section section) {
        Integer tries = section.number("tries", 1, MOST_TRIES);
        return new Http(tries == null ? TRIES : tries, timeout(section), ca(section));
    }

    private static Duration timeout(Section section) {
        Duration timeout = section.value("timeout", Values::time);
        return timeout == null ? TIMEOUT : timeout;
    }

    private @Nullable Path ca(Section section) {
        Path ca = section.value("ca", ConfigurationReader::absolute);
        if (looks && ca != null && !Files.isReadable(ca)) {
            section.mistake("ca", section.name("ca") + ": there is no file " + ca + " that can be read");
        }
        return ca;
    }

    private static When when(Section section, When otherwise) {
        When when = section.word("on", Arrays.asList(When.values()));
        return when == null ? otherwise : when;
    }

    private @Nullable Mail mail(Section section) {
        String server = section.requiredText("server");
        Integer port = section.number("port", 1, LAST_PORT);
        MailSecurity security = section.word("security", Arrays.asList(MailSecurity.values()));
        String user = section.text("user");
        Secret password = secrets.read(section, "password");
        if ((user == null) != !section.has("password")) {
            section.mistake("'" + section.path() + "' needs both of the keys user and password, or neither");
        }
        if (user != null && security == MailSecurity.NONE && !isLoopback(server)) {
            section.mistake(
                    "security",
                    section.name("security") + " cannot be 'none' beside a password: whoever listens would learn it");
        }
        section.require("from");
        String from = section.value("from", NotificationReader::mailbox);
        section.require("to");
        List<String> to = section.texts("to");
        for (String each : to) {
            if (!MAILBOX.matcher(each).matches()) {
                section.mistake("to", section.name("to") + " has '" + each + "', which is no mail address");
            }
        }
        When when = when(section, When.WARNING);
        Duration timeout = timeout(section);
        Path ca = ca(section);
        return server == null || from == null || to.isEmpty()
                ? null
                : new Mail(
                        ConfigurationReader.nameOf(section),
                        server,
                        port == null ? 0 : port,
                        security == null ? MailSecurity.STARTTLS : security,
                        user,
                        password,
                        from,
                        to,
                        when,
                        timeout,
                        ca);
    }

    private static boolean isLoopback(@Nullable String server) {
        return server != null
                && (server.equals("localhost") || LOOPBACK.matcher(server).matches() || server.equals("::1"));
    }

    private static String mailbox(String text) {
        if (!MAILBOX.matcher(text).matches()) {
            throw new IllegalArgumentException("a mail address, such as backup@example.org");
        }
        return text;
    }

    private static @Nullable Textfile textfile(Section section) {
        section.require("folder");
        Path folder = section.value("folder", ConfigurationReader::absolute);
        return folder == null ? null : new Textfile(ConfigurationReader.nameOf(section), folder);
    }
}
