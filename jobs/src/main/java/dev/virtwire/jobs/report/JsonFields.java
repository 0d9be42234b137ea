// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.report;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.virtwire.repository.DomainStatus;
import dev.virtwire.repository.DomainStatus.Verification;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Point;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the JSON of jobs and that of commands have in common: docs/command.md names each field.
 *
 * @since 0.1
 */
public final class JsonFields {
    private JsonFields() {}

    /** The fields of how the backups of a domain stand. */
    public static void status(JsonGenerator json, DomainStatus status) throws IOException {
        Point newest = status.newest();
        Point good = status.newestGood();
        Verification verified = status.verified();
        json.writeStringField("verdict", status.verdict().toString());
        json.writeStringField("reason", status.reason());
        json.writeStringField("newest", newest == null ? null : newest.id());
        json.writeStringField("newestGood", good == null ? null : good.id());
        instant(json, "began", good == null ? null : good.manifest().began());
        seconds(json, "ageSeconds", status.age());
        if (verified == null) {
            json.writeNullField("verified");
        } else {
            json.writeObjectFieldStart("verified");
            json.writeStringField("point", verified.point().id());
            instant(json, "at", verified.at());
            json.writeStringField("depth", verified.depth().toString());
            json.writeEndObject();
        }
        instant(json, "oldestUnverified", status.oldestUnverified());
        json.writeStringField("damage", status.damage());
    }

    /** Notices as two arrays of their texts, {@code notices} and {@code warnings}. */
    public static void notices(JsonGenerator json, List<Notice> notices) throws IOException {
        strings(json, "notices", Notice.texts(notices, Notice.Severity.INFORMATION));
        strings(json, "warnings", Notice.texts(notices, Notice.Severity.WARNING));
    }

    /** Findings, as an array. */
    public static void findings(JsonGenerator json, String name, List<Finding> findings) throws IOException {
        json.writeArrayFieldStart(name);
        for (Finding finding : findings) {
            json.writeStartObject();
            json.writeStringField("file", finding.file().toString());
            json.writeNumberField("offset", finding.offset());
            json.writeNumberField("length", finding.length());
            json.writeStringField("message", finding.message());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    /** The strings of a list, as an array. */
    public static void strings(JsonGenerator json, String name, List<String> strings) throws IOException {
        json.writeArrayFieldStart(name);
        for (String string : strings) {
            json.writeString(string);
        }
        json.writeEndArray();
    }

    /** A moment, or null. */
    public static void instant(JsonGenerator json, String name, @Nullable Instant instant) throws IOException {
        json.writeStringField(name, instant == null ? null : instant.toString());
    }

    /** A time in whole seconds, or null. */
    public static void seconds(JsonGenerator json, String name, @Nullable Duration time) throws IOException {
        if (time == null) {
            json.writeNullField(name);
        } else {
            json.writeNumberField(name, time.toSeconds());
        }
    }
}
