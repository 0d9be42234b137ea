// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Somebody or something that is told how a job went.
 *
 * @since 0.1
 */
public sealed interface NotificationSettings {
    /** Its name in the configuration. */
    String name();

    /** How long telling may take at most, with its secrets: whoever ends a run has to wait for that. */
    Duration longest();

    private static Duration longest(@Nullable Secret secret) {
        return secret == null ? Duration.ZERO : secret.longest();
    }

    /**
     * When something is told.
     *
     * @since 0.1
     */
    enum When {
        /** Of each run. */
        ALWAYS("always"),
        /** Of runs with warnings and of those that failed. */
        WARNING("warning"),
        /** Of runs that failed, or found something damaged. */
        FAILURE("failure");

        private final String word;

        When(String word) {
            this.word = word;
        }

        /** As the configuration writes it. */
        @Override
        public String toString() {
            return word;
        }
    }

    /**
     * How an SMTP server is spoken to.
     *
     * @since 0.1
     */
    enum MailSecurity {
        /** In the clear, then TLS by STARTTLS; without that nothing is sent. */
        STARTTLS("starttls"),
        /** TLS from the first byte. */
        TLS("tls"),
        /** In the clear. */
        NONE("none");

        private final String word;

        MailSecurity(String word) {
            this.word = word;
        }

        /** As the configuration writes it. */
        @Override
        public String toString() {
            return word;
        }
    }

    /**
     * An address that is a secret, or stands in the file.
     *
     * @param text the address, or null
     * @param secret where the address is, or null
     * @since 0.1
     */
    record Address(@Nullable String text, @Nullable Secret secret) {
        /**
         * The address itself.
         *
         * @throws ConfigurationException if the secret cannot be read, or is no address
         */
        public String read(Map<String, String> environment) {
            if (secret != null) {
                try {
                    return Web.requireAddress(secret.read(environment));
                } catch (IllegalArgumentException e) {
                    throw new ConfigurationException("the address is a secret that cannot be used: " + e.getMessage());
                }
            }
            if (text == null) {
                throw new ConfigurationException("an address has neither a text nor a secret");
            }
            return text;
        }
    }

    /**
     * How HTTP is spoken.
     *
     * @param tries how often it is tried
     * @param timeout how long a try may take
     * @param ca a file with the certificates that are trusted, or null for those of Java
     * @since 0.1
     */
    record Http(int tries, Duration timeout, @Nullable Path ca) {
        /** The pause before the second try; each later one is twice as long. */
        public static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

        /** How long all tries and the pauses between them may take. */
        Duration longest() {
            Duration pauses = FIRST_PAUSE.multipliedBy((1L << (tries - 1)) - 1);
            return timeout.multipliedBy(tries).plus(pauses);
        }
    }

    /**
     * A web address that gets the result as JSON.
     *
     * @param headers headers that are sent besides
     * @param token what is sent as bearer token, or null
     * @since 0.1
     */
    record Webhook(
            String name,
            Address url,
            Map<String, String> headers,
            @Nullable Secret token,
            When when,
            Http http) implements NotificationSettings {
        /** Copies the map. */
        public Webhook {
            headers = Map.copyOf(headers);
        }

        @Override
        public Duration longest() {
            return http.longest()
                    .plus(NotificationSettings.longest(url.secret()))
                    .plus(NotificationSettings.longest(token));
        }
    }

    /**
     * A service that raises an alarm if nobody tells it that all is well.
     *
     * @param start what is added to the address when a run begins, or null to say nothing then
     * @param success what is added to it if all is well
     * @param warning what is added to it if there are warnings
     * @param failure what is added to it if the run failed
     * @since 0.1
     */
    record Ping(
            String name, Address url, @Nullable String start, String success, String warning, String failure, Http http)
            implements NotificationSettings {
        @Override
        public Duration longest() {
            return http.longest().plus(NotificationSettings.longest(url.secret()));
        }
    }

    /**
     * Mail.
     *
     * @param port 0 for the one that belongs to {@code security}
     * @param user the name to log in by, or null
     * @param password its password, or null
     * @param timeout how long the server may be silent
     * @param ca a file with the certificates that are trusted, or null for those of Java
     * @since 0.1
     */
    record Mail(
            String name,
            String server,
            int port,
            MailSecurity security,
            @Nullable String user,
            @Nullable Secret password,
            String from,
            List<String> to,
            When when,
            Duration timeout,
            @Nullable Path ca)
            implements NotificationSettings {
        /** About so often a server has to answer before it has a mail. */
        private static final int WORDS = 10;

        /** Copies the list. */
        public Mail {
            to = List.copyOf(to);
        }

        /** How long the server may take for all of a mail, however often it says something. */
        public Duration limit() {
            return timeout.multipliedBy(WORDS);
        }

        @Override
        public Duration longest() {
            return limit().plus(NotificationSettings.longest(password));
        }
    }

    /**
     * A file of metrics for Prometheus' node_exporter.
     *
     * @param folder the folder of its textfile collector
     * @since 0.1
     */
    record Textfile(String name, Path folder) implements NotificationSettings {
        @Override
        public Duration longest() {
            return Duration.ZERO;
        }
    }
}
