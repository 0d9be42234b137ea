// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.host;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.virtwire.cli.output.Amounts;
import dev.virtwire.client.domain.JobStatistics;
import dev.virtwire.client.event.BlockJobEvent;
import dev.virtwire.client.event.DomainEvent;
import dev.virtwire.client.event.JobCompletedEvent;
import dev.virtwire.client.event.LifecycleEvent;
import dev.virtwire.client.protocol.remote.DomainEventType;
import java.io.IOException;
import java.util.List;
import java.util.Locale;

/** What events are called. */
final class EventTexts {
    private EventTexts() {}

    /** One line for people, without time and domain. */
    static String text(DomainEvent event) {
        if (event instanceof LifecycleEvent lifecycle) {
            return type(lifecycle) + " (" + detail(lifecycle) + ")";
        }
        if (event instanceof JobCompletedEvent job) {
            JobStatistics statistics = job.statistics();
            String error = statistics.errorMessage();
            return "job ended (" + operation(statistics) + ", " + outcome(statistics) + ", "
                    + Amounts.duration(statistics.elapsed()) + (error == null ? "" : ": " + error) + ")";
        }
        if (event instanceof BlockJobEvent block) {
            return "job of disk " + block.disk() + " (" + blockType(block) + ", " + blockStatus(block) + ")";
        }
        return event.toString();
    }

    /** The fields of an event, but for time and domain. */
    static void write(JsonGenerator json, DomainEvent event) throws IOException {
        if (event instanceof LifecycleEvent lifecycle) {
            json.writeStringField("event", "lifecycle");
            json.writeStringField("type", type(lifecycle));
            json.writeStringField("detail", detail(lifecycle));
        } else if (event instanceof JobCompletedEvent job) {
            json.writeStringField("event", "job-ended");
            json.writeStringField("operation", operation(job.statistics()));
            json.writeStringField("outcome", outcome(job.statistics()));
            json.writeStringField("message", job.statistics().errorMessage());
            json.writeNumberField("elapsedMillis", job.statistics().elapsed().toMillis());
        } else if (event instanceof BlockJobEvent block) {
            json.writeStringField("event", "block-job");
            json.writeStringField("disk", block.disk());
            json.writeStringField("type", blockType(block));
            json.writeStringField("status", blockStatus(block));
        }
    }

    private static String type(LifecycleEvent event) {
        return event.type().map(EventTexts::word).orElse("event " + event.typeNumber());
    }

    private static String detail(LifecycleEvent event) {
        List<String> names = event.type().map(EventTexts::details).orElse(List.of());
        return event.detail() >= 0 && event.detail() < names.size()
                ? names.get(event.detail())
                : "detail " + event.detail();
    }

    /** libvirt's details of each event, by their numbers. */
    private static List<String> details(DomainEventType type) {
        return switch (type) {
            case DEFINED -> List.of("added", "updated", "renamed", "from snapshot");
            case UNDEFINED -> List.of("removed", "renamed");
            case STARTED -> List.of("booted", "migrated", "restored", "from snapshot", "woken up");
            case SUSPENDED ->
                List.of(
                        "paused",
                        "migrated",
                        "input/output error",
                        "watchdog",
                        "restored",
                        "from snapshot",
                        "error of a call",
                        "post-copy",
                        "post-copy failed");
            case RESUMED -> List.of("unpaused", "migrated", "from snapshot", "post-copy", "post-copy failed");
            case STOPPED ->
                List.of("shut down", "destroyed", "crashed", "migrated", "saved", "failed", "from snapshot");
            case SHUTDOWN -> List.of("finished", "by the guest", "by the host");
            case PM_SUSPENDED -> List.of("to memory", "to disk");
            case CRASHED -> List.of("panicked", "crash loaded");
        };
    }

    private static String operation(JobStatistics statistics) {
        return statistics.operation().map(EventTexts::word).orElse("unknown");
    }

    private static String outcome(JobStatistics statistics) {
        Boolean success = statistics.success();
        return success == null ? "unknown outcome" : success ? "success" : "failure";
    }

    private static String blockType(BlockJobEvent event) {
        return event.type().map(EventTexts::word).orElse("type " + event.typeNumber());
    }

    private static String blockStatus(BlockJobEvent event) {
        return event.status().map(EventTexts::word).orElse("status " + event.statusNumber());
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
