// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.notify;

import dev.virtwire.jobs.report.GuestResult;
import dev.virtwire.jobs.report.JobResult;
import dev.virtwire.repository.DomainStatus;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The result of a job in Prometheus' text format. Moments are seconds since 1970, so that ages stay right. */
final class Metrics {
    private final JobResult result;
    private final StringBuilder text = new StringBuilder();

    Metrics(JobResult result) {
        this.result = result;
    }

    String text() {
        Instant ended = result.began().plus(result.duration());
        job("last_run_timestamp_seconds", "When the last run of the job ended.", seconds(ended));
        job(
                "last_success_timestamp_seconds",
                "When the last run of the job that did not fail began.",
                result.lastSuccess() == null ? null : seconds(result.lastSuccess()));
        job("duration_seconds", "How long the last run took.", seconds(result.duration()));
        job(
                "exit_code",
                "The exit code of the last run.",
                Integer.toString(result.outcome().exitCode()));
        job(
                "warnings",
                "How many warnings the last run had.",
                Integer.toString(result.warnings().size()));
        job(
                "failures",
                "How many failures and pieces of damage the last run had.",
                Integer.toString(result.failures().size()));
        statuses(
                "last_good_point_timestamp_seconds",
                "The moment that the newest good point of the guest holds.",
                status -> status.newestGood() == null
                        ? null
                        : seconds(status.newestGood().manifest().began()));
        statuses(
                "last_verification_timestamp_seconds",
                "When the last verification of the guest began.",
                status -> status.verified() == null
                        ? null
                        : seconds(status.verified().at()));
        statuses(
                "oldest_unverified_point_timestamp_seconds",
                "The moment of the oldest point of the guest that no verification covers; missing if all are covered.",
                status -> status.oldestUnverified() == null ? null : seconds(status.oldestUnverified()));
        guests("failed", "1 if the last run failed for the guest, else 0.", guest -> guest.hasFailed() ? "1" : "0");
        guests(
                "warnings",
                "How many warnings the last run had for the guest.",
                guest -> Long.toString(guest.notices().stream()
                        .filter(notice -> notice.isWarning())
                        .count()));
        guests(
                "read_bytes",
                "How many bytes the last backup read from the host.",
                guest -> guest.backup() == null
                        ? null
                        : Long.toString(guest.backup().bytesRead()));
        guests(
                "stored_bytes",
                "How many bytes the last backup stored.",
                guest -> guest.backup() == null
                        ? null
                        : Long.toString(guest.backup().bytesStored()));
        guests(
                "duration_seconds",
                "How long the guest took, with hooks and keep rules.",
                guest -> seconds(guest.duration()));
        return text.toString();
    }

    private void job(String name, String help, @Nullable String value) {
        if (value != null) {
            head("virtwire_job_" + name, help);
            line("virtwire_job_" + name, Map.of("job", result.job()), value);
        }
    }

    private void guests(String name, String help, Function<GuestResult, @Nullable String> value) {
        Map<String, String> values = new LinkedHashMap<>();
        for (GuestResult guest : result.guests()) {
            String each = value.apply(guest);
            if (each != null) {
                // A guest that is on two hosts has failed once, and must not have two lines.
                values.putIfAbsent(guest.guest(), each);
            }
        }
        guests(name, help, values);
    }

    /** Also of guests that the run did not get to: an alert must not fall silent because a host is away. */
    private void statuses(String name, String help, Function<DomainStatus, @Nullable String> value) {
        Map<String, String> values = new LinkedHashMap<>();
        result.statuses().forEach((guest, status) -> {
            String each = value.apply(status);
            if (each != null) {
                values.put(guest, each);
            }
        });
        guests(name, help, values);
    }

    private void guests(String name, String help, Map<String, String> values) {
        if (!values.isEmpty()) {
            head("virtwire_guest_" + name, help);
            values.forEach((guest, each) -> {
                Map<String, String> labels = new LinkedHashMap<>();
                labels.put("job", result.job());
                labels.put("guest", guest);
                line("virtwire_guest_" + name, labels, each);
            });
        }
    }

    private void head(String name, String help) {
        text.append("# HELP ").append(name).append(' ').append(help).append('\n');
        text.append("# TYPE ").append(name).append(" gauge\n");
    }

    private void line(String name, Map<String, String> labels, String value) {
        text.append(name).append('{');
        String comma = "";
        for (Map.Entry<String, String> label : labels.entrySet()) {
            text.append(comma)
                    .append(label.getKey())
                    .append("=\"")
                    .append(escaped(label.getValue()))
                    .append('"');
            comma = ",";
        }
        text.append("} ").append(value).append('\n');
    }

    private static String escaped(String label) {
        return label.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }

    private static String seconds(Instant instant) {
        return seconds(Duration.ofMillis(instant.toEpochMilli()));
    }

    private static String seconds(Duration duration) {
        return BigDecimal.valueOf(duration.toMillis(), 3).toPlainString();
    }
}
