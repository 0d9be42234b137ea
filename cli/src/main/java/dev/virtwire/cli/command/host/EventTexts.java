// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.host;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.virtwire.cli.output.Amounts;
import dev.virtwire.client.event.DomainEvent;
import dev.virtwire.client.event.Event;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** How events are printed. */
final class EventTexts {
    private EventTexts() {}

    /** One line for people, without the time. */
    static String text(Event event) {
        Object object = EventShape.object(event).values().iterator().next();
        return object + "  " + what(event);
    }

    private static String what(Event event) {
        EventShape<?> shape = EventShape.of(event);
        Map<String, @Nullable Object> fields = shape.fieldsOf(event);
        if (event instanceof DomainEvent.Lifecycle) {
            return fields.get("type") + " (" + fields.get("detail") + ")";
        } else if (event instanceof DomainEvent.JobCompleted job) {
            Duration elapsed = job.statistics().elapsed();
            String error = job.statistics().errorMessage();
            return "job ended (" + fields.get("operation") + ", " + fields.get("outcome") + ", "
                    + Amounts.duration(elapsed) + (error == null ? "" : ": " + error) + ")";
        } else if (event instanceof DomainEvent.BlockJob2) {
            return "job of disk " + fields.get("disk") + " (" + fields.get("type") + ", " + fields.get("status") + ")";
        }
        return shape.kind() + words(fields);
    }

    private static String words(Map<?, ? extends @Nullable Object> fields) {
        String words = fields.entrySet().stream()
                .filter(field -> field.getValue() != null && !field.getValue().equals(""))
                .map(field -> field.getKey() + " " + field.getValue())
                .collect(Collectors.joining(", "));
        return words.isEmpty() ? "" : " (" + words + ")";
    }

    /** The fields of an event, but for the time. */
    static void write(JsonGenerator json, Event event) throws IOException {
        EventShape<?> shape = EventShape.of(event);
        writeAll(json, EventShape.object(event));
        json.writeStringField("event", shape.kind().name());
        writeAll(json, shape.fieldsOf(event));
    }

    private static void writeAll(JsonGenerator json, Map<?, ? extends @Nullable Object> fields) throws IOException {
        for (Map.Entry<?, ? extends @Nullable Object> field : fields.entrySet()) {
            json.writeFieldName(String.valueOf(field.getKey()));
            write(json, field.getValue());
        }
    }

    private static void write(JsonGenerator json, @Nullable Object value) throws IOException {
        if (value instanceof Map<?, ?> fields) {
            json.writeStartObject();
            writeAll(json, fields);
            json.writeEndObject();
        } else if (value instanceof List<?> elements) {
            json.writeStartArray();
            for (Object element : elements) {
                write(json, element);
            }
            json.writeEndArray();
        } else if (value instanceof Number || value instanceof Boolean || value == null) {
            json.writeRawValue(String.valueOf(value));
        } else {
            json.writeString(value.toString());
        }
    }
}
