// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.notify;

import dev.virtwire.jobs.config.ConfigurationException;
import dev.virtwire.jobs.config.NotificationSettings;
import dev.virtwire.jobs.config.NotificationSettings.Mail;
import dev.virtwire.jobs.config.NotificationSettings.Ping;
import dev.virtwire.jobs.config.NotificationSettings.Textfile;
import dev.virtwire.jobs.config.NotificationSettings.Webhook;
import dev.virtwire.jobs.config.NotificationSettings.When;
import dev.virtwire.jobs.report.JobResult;
import dev.virtwire.repository.Notice;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All who are told of a job, in their order. One that fails is a warning of which those behind it are told too. */
public final class Notifications {
    private static final Logger LOG = LoggerFactory.getLogger(Notifications.class);

    private final Map<String, Notifier> notifiers = new LinkedHashMap<>();

    /** Those of a job. */
    public Notifications(List<NotificationSettings> settings, Map<String, String> environment) {
        // Metrics say what the others came to, and so come last.
        for (boolean last : new boolean[] {false, true}) {
            for (NotificationSettings each : settings) {
                if (each instanceof Textfile == last) {
                    notifiers.put(each.name(), notifier(each, environment));
                }
            }
        }
    }

    private static Notifier notifier(NotificationSettings settings, Map<String, String> environment) {
        if (settings instanceof Webhook webhook) {
            return new WebhookNotifier(webhook, environment);
        }
        if (settings instanceof Ping ping) {
            return new PingNotifier(ping, environment);
        }
        if (settings instanceof Mail mail) {
            return new MailNotifier(mail, environment);
        }
        if (settings instanceof Textfile textfile) {
            return new TextfileNotifier(textfile);
        }
        throw new IllegalArgumentException(settings.name());
    }

    /** Tells that a run begins, and returns a warning for each who was not told. */
    public List<Notice> began(String job, String machine) {
        List<Notice> warnings = new ArrayList<>();
        notifiers.forEach((name, notifier) -> {
            Notice warning = warning(name, () -> notifier.began(job, machine));
            if (warning != null) {
                warnings.add(warning);
            }
        });
        return warnings;
    }

    /** Tells how it ended, and returns the result with a warning for each who was not told. */
    public JobResult ended(JobResult result) {
        JobResult told = result;
        for (Map.Entry<String, Notifier> each : notifiers.entrySet()) {
            JobResult now = told;
            Notice warning = warning(each.getKey(), () -> each.getValue().ended(now));
            if (warning != null) {
                told = told.with(warning);
            }
        }
        return told;
    }

    /** What one of them has to do. */
    @FunctionalInterface
    private interface Telling {
        void tell() throws NotificationException;
    }

    private static @Nullable Notice warning(String name, Telling telling) {
        try {
            telling.tell();
            return null;
        } catch (NotificationException | ConfigurationException e) {
            LOG.info("notification {} failed", name, e);
            return Notice.warning("notification '" + name + "' failed: " + e.getMessage());
        } catch (RuntimeException e) {
            // Whatever a server or a library does, the backup stands.
            LOG.warn("notification {} failed", name, e);
            return Notice.warning("notification '" + name + "' failed: " + e);
        }
    }

    /** Whether somebody who wants to be told then is told of this result. */
    static boolean matters(When when, JobResult result) {
        return switch (when) {
            case ALWAYS -> true;
            case WARNING -> result.outcome() != JobResult.Outcome.DONE;
            case FAILURE -> result.outcome().isFailure();
        };
    }
}
