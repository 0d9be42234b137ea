// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.notify;

import dev.virtwire.jobs.config.NotificationSettings.Ping;
import dev.virtwire.jobs.report.JobResult;
import dev.virtwire.jobs.report.JobText;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

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
        String address = address(settings.url().read(environment), suffix);
        new Posting(settings.http()).post(address, "text/plain; charset=utf-8", body, Map.of());
    }

    /**
     * An address with more behind its path, and more in its query. A parameter of the suffix takes the place of one of
     * the same name: a service that is told both "up" and "down" might believe the wrong one.
     */
    static String address(String base, String suffix) {
        String path = beforeQuery(base);
        String more = beforeQuery(suffix);
        String whole =
                (more.startsWith("/") && path.endsWith("/") ? path.substring(0, path.length() - 1) : path) + more;
        List<String> added = parameters(suffix);
        Set<String> names = added.stream().map(PingNotifier::nameOf).collect(Collectors.toSet());
        List<String> query = new ArrayList<>(parameters(base));
        query.removeIf(parameter -> names.contains(nameOf(parameter)));
        query.addAll(added);
        return query.isEmpty() ? whole : whole + "?" + String.join("&", query);
    }

    private static String beforeQuery(String address) {
        int query = address.indexOf('?');
        return query < 0 ? address : address.substring(0, query);
    }

    private static List<String> parameters(String address) {
        int query = address.indexOf('?');
        return query < 0 || query == address.length() - 1
                ? List.of()
                : List.of(address.substring(query + 1).split("&"));
    }

    private static String nameOf(String parameter) {
        return parameter.split("=", 2)[0];
    }
}
