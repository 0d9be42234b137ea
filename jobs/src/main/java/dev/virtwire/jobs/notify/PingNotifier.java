// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.notify;

import dev.virtwire.jobs.config.NotificationSettings.Ping;
import dev.virtwire.jobs.report.JobResult;
import dev.virtwire.jobs.report.JobText;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Tells a service that all is well. If nobody does in time, the service raises an alarm. */
final class PingNotifier implements Notifier {
    /** Such services keep the first 10 to 100 kB. */
    private static final int MOST_BYTES = 10_000;

    private final Ping settings;
    private final Map<String, String> environment;

    PingNotifier(Ping settings, Map<String, String> environment) {
        this.settings = settings;
        this.environment = environment;
    }

    @Override
    public void began(String job, String machine) throws NotificationException {
        if (settings.start() != null) {
            send(settings.start(), "job " + job + " on " + machine + " begins\n");
        }
    }

    @Override
    public void ended(JobResult result) throws NotificationException {
        String suffix = result.outcome().isFailure()
                ? settings.failure()
                : result.outcome() == JobResult.Outcome.WARNINGS ? settings.warning() : settings.success();
        send(suffix, JobText.subject(result) + "\n" + lines(JobText.lines(result)));
    }

    private static String lines(List<String> lines) {
        StringBuilder text = new StringBuilder();
        for (String line : lines) {
            if (text.length() + line.getBytes(StandardCharsets.UTF_8).length > MOST_BYTES) {
                return text.append("…\n").toString();
            }
            text.append(line).append('\n');
        }
        return text.toString();
    }

    private void send(String suffix, String body) throws NotificationException {
        String address = settings.url().read(environment);
        String whole = suffix.startsWith("/") && address.endsWith("/")
                ? address.substring(0, address.length() - 1) + suffix
                : address + suffix;
        new Posting(settings.http()).post(whole, "text/plain; charset=utf-8", body, Map.of());
    }
}
