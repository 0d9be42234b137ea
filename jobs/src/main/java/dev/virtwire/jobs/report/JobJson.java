// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.report;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.virtwire.backup.BackupResult;
import dev.virtwire.repository.DomainStatus;
import dev.virtwire.repository.PruneReport;
import dev.virtwire.repository.VerifyReport;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The result of a job as JSON: docs/jobs.md names each field.
 *
 * @since 0.1
 */
public final class JobJson {
    private JobJson() {}

    /** All of it, as one line. */
    public static String of(JobResult result) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.writeStartObject();
            write(json, result);
            json.writeEndObject();
        } catch (IOException e) {
            // A StringWriter fails nothing; the fields come from memory.
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    /** The fields of the object that is being written. */
    public static void write(JsonGenerator json, JobResult result) throws IOException {
        json.writeStringField("job", result.job());
        json.writeStringField("outcome", result.outcome().toString());
        json.writeNumberField("exitCode", result.outcome().exitCode());
        json.writeBooleanField("dryRun", result.dryRun());
        json.writeStringField("machine", result.machine());
        json.writeStringField("repository", result.repository().toString());
        JsonFields.strings(json, "hosts", result.hosts());
        json.writeStringField("began", result.began().toString());
        json.writeNumberField("durationMillis", result.duration().toMillis());
        JsonFields.instant(json, "lastSuccess", result.lastSuccess());
        JsonFields.strings(json, "errors", result.errors());
        json.writeArrayFieldStart("domains");
        for (GuestResult guest : result.guests()) {
            json.writeStartObject();
            write(json, guest);
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeArrayFieldStart("remembered");
        for (Map.Entry<String, DomainStatus> each : result.remembered().entrySet()) {
            json.writeStartObject();
            json.writeStringField("domain", each.getKey());
            status(json, each.getValue());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeArrayFieldStart("verified");
        for (VerifyResult each : result.verified()) {
            json.writeStartObject();
            write(json, each);
            json.writeEndObject();
        }
        json.writeEndArray();
        hooks(json, result.hooks());
        JsonFields.notices(json, result.notices());
    }

    private static void write(JsonGenerator json, GuestResult guest) throws IOException {
        json.writeStringField("domain", guest.guest());
        json.writeStringField("uuid", guest.uuid() == null ? null : guest.uuid().toString());
        json.writeStringField("host", guest.host());
        json.writeStringField("error", guest.error());
        json.writeStringField("passedOver", guest.passedOver());
        BackupResult backup = guest.backup();
        json.writeStringField("point", backup == null ? null : backup.point().id());
        if (backup != null) {
            json.writeStringField("level", backup.point().manifest().level().toString());
            json.writeStringField("began", backup.point().manifest().began().toString());
            json.writeNumberField("bytesRead", backup.bytesRead());
            json.writeNumberField("bytesStored", backup.bytesStored());
            millis(json, "frozenMillis", backup.frozen());
        }
        json.writeNumberField("durationMillis", guest.duration().toMillis());
        PruneReport pruned = guest.pruned();
        if (pruned == null) {
            json.writeNullField("pruned");
        } else {
            json.writeObjectFieldStart("pruned");
            json.writeNumberField("removed", pruned.removed().size());
            json.writeNumberField("merged", pruned.merged().size());
            json.writeNumberField("freed", pruned.freed());
            json.writeEndObject();
        }
        JsonFields.findings(json, "damage", guest.damage());
        status(json, guest.status());
        hooks(json, guest.hooks());
        JsonFields.notices(json, guest.notices());
    }

    private static void status(JsonGenerator json, @Nullable DomainStatus status) throws IOException {
        if (status == null) {
            json.writeNullField("status");
            return;
        }
        json.writeObjectFieldStart("status");
        JsonFields.status(json, status);
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, VerifyResult each) throws IOException {
        VerifyReport report = each.report();
        json.writeStringField("domain", each.guest());
        json.writeStringField("error", each.error());
        json.writeBooleanField("stopped", each.stopped());
        json.writeNumberField("durationMillis", each.duration().toMillis());
        if (report == null) {
            json.writeNullField("intact");
            return;
        }
        json.writeBooleanField("intact", report.intact());
        json.writeStringField("depth", report.depth().toString());
        json.writeNumberField("points", report.points().size());
        json.writeNumberField("bytesRead", report.bytes());
        JsonFields.findings(json, "damage", report.damage());
        JsonFields.strings(json, "lostPoints", List.copyOf(report.lost().keySet()));
        JsonFields.strings(json, "unverifiable", report.unverifiable());
        JsonFields.notices(json, report.notices());
    }

    private static void hooks(JsonGenerator json, List<HookResult> hooks) throws IOException {
        json.writeArrayFieldStart("hooks");
        for (HookResult hook : hooks) {
            json.writeStartObject();
            json.writeStringField("hook", hook.hook().toString());
            json.writeStringField("error", hook.error());
            json.writeNumberField("durationMillis", hook.duration().toMillis());
            JsonFields.strings(json, "lastLines", hook.lastLines());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void millis(JsonGenerator json, String name, @Nullable Duration duration) throws IOException {
        if (duration == null) {
            json.writeNullField(name);
        } else {
            json.writeNumberField(name, duration.toMillis());
        }
    }
}
