// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.run;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.virtwire.repository.VerifyDepth;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Problems;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is remembered of a job from run to run.
 *
 * @param running when the run began that has not told its end, or null
 * @param lastSuccess when the last run that did not fail began, or null
 * @param guests the guests that the last run was about, and those of earlier ones that it did not get to
 * @param verified the last verification by the job of all points of a guest that came to its end
 * @since 0.1
 */
public record JobState(
        @Nullable Instant running, @Nullable Instant lastSuccess, List<String> guests, Map<String, Verified> verified) {
    /**
     * A verification.
     *
     * @param at when the run began that it belongs to
     * @param depth how much it read
     * @since 0.1
     */
    public record Verified(Instant at, VerifyDepth depth) {}

    private static final Logger LOG = LoggerFactory.getLogger(JobState.class);

    /** Of a job that never ran. */
    public static final JobState NONE = new JobState(null, null, List.of(), Map.of());

    /** Copies the list and the map. */
    public JobState {
        guests = List.copyOf(guests);
        verified = Map.copyOf(verified);
    }

    /** The same with a run that begins. */
    JobState beginning(Instant now) {
        return new JobState(now, lastSuccess, guests, verified);
    }

    /** The same without a run. */
    JobState withoutRun() {
        return new JobState(null, lastSuccess, guests, verified);
    }

    /**
     * What is remembered of a job in this folder. What cannot be understood counts as nothing: it only says what has
     * been before.
     *
     * @throws JobException if it cannot be read
     */
    public static JobState read(Path folder, String job) {
        Path file = file(folder, job);
        try (JsonParser json = new JsonFactory().createParser(Files.readString(file))) {
            Instant running = null;
            Instant lastSuccess = null;
            List<String> guests = new ArrayList<>();
            Map<String, Verified> verified = new HashMap<>();
            if (json.nextToken() != JsonToken.START_OBJECT) {
                return NONE;
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String field = json.currentName();
                json.nextToken();
                switch (field) {
                    case "running" -> running = instant(json);
                    case "lastSuccess" -> lastSuccess = instant(json);
                    case "guests" -> {
                        while (json.nextToken() == JsonToken.VALUE_STRING) {
                            guests.add(json.getText());
                        }
                    }
                    case "verified" -> readVerified(json, verified);
                    default -> json.skipChildren();
                }
            }
            return new JobState(running, lastSuccess, guests, verified);
        } catch (NoSuchFileException e) {
            return NONE;
        } catch (JsonProcessingException | CharacterCodingException | DateTimeException e) {
            LOG.warn("{} makes no sense, and counts as nothing", file, e);
            return NONE;
        } catch (IOException e) {
            throw new JobException(
                    "what is remembered of job " + job + " cannot be read in " + folder + ": " + Problems.reason(e), e);
        }
    }

    private static void readVerified(JsonParser json, Map<String, Verified> verified) throws IOException {
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String guest = json.currentName();
            Instant at = null;
            VerifyDepth depth = null;
            json.nextToken();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String field = json.currentName();
                json.nextToken();
                switch (field) {
                    case "at" -> at = instant(json);
                    case "depth" -> depth = depth(json.getText());
                    default -> json.skipChildren();
                }
            }
            if (at != null && depth != null) {
                verified.put(guest, new Verified(at, depth));
            }
        }
    }

    private static @Nullable VerifyDepth depth(String text) {
        return Arrays.stream(VerifyDepth.values())
                .filter(each -> each.toString().equals(text))
                .findFirst()
                .orElse(null);
    }

    private static @Nullable Instant instant(JsonParser json) throws IOException {
        return json.currentToken() == JsonToken.VALUE_STRING ? Instant.parse(json.getText()) : null;
    }

    /** Writes it, so that it is there as a whole or as it was, also after a loss of power. */
    void write(Path folder, String job) {
        write(DurableFiles.PLAIN, folder, job);
    }

    /** The same by {@code files}. */
    void write(DurableFiles files, Path folder, String job) {
        try {
            files.replace(file(folder, job), json().getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new JobException(
                    "what is remembered of job " + job + " cannot be written to " + folder + ": " + Problems.reason(e),
                    e);
        }
    }

    private String json() throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.writeStartObject();
            json.writeStringField("running", running == null ? null : running.toString());
            json.writeStringField("lastSuccess", lastSuccess == null ? null : lastSuccess.toString());
            json.writeArrayFieldStart("guests");
            for (String guest : guests) {
                json.writeString(guest);
            }
            json.writeEndArray();
            json.writeObjectFieldStart("verified");
            for (Map.Entry<String, Verified> each : new TreeMap<>(verified).entrySet()) {
                json.writeObjectFieldStart(each.getKey());
                json.writeStringField("at", each.getValue().at().toString());
                json.writeStringField("depth", each.getValue().depth().toString());
                json.writeEndObject();
            }
            json.writeEndObject();
            json.writeEndObject();
        }
        return text.toString();
    }

    private static Path file(Path folder, String job) {
        return folder.resolve(job + ".json");
    }
}
