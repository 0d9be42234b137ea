// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.format;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import java.io.CharConversionException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** JSON as this repository writes and reads it: indented, UTF-8, no field twice, fields of later writers ignored. */
public final class Json {
    private static final int SUM_LINE = 65;
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.READ_ENUMS_USING_TO_STRING)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(SerializationFeature.WRITE_ENUMS_USING_TO_STRING)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .addModule(new SimpleModule()
                    .addSerializer(Instant.class, new InstantWriter())
                    .addDeserializer(Instant.class, new InstantReader()))
            .build();

    private Json() {}

    /** The bytes of a file that holds {@code value}. */
    public static byte[] write(Object value) {
        try {
            return (MAPPER.writeValueAsString(value) + "\n").getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record of ours does not become JSON", e);
        }
    }

    /** Reads a file's bytes; the message of what it throws holds the position, and no text of the file. */
    public static <T> T read(byte[] bytes, Class<T> type) throws JsonProcessingException {
        try {
            T value = MAPPER.readValue(bytes, type);
            if (value == null) {
                throw MismatchedInputException.from(null, type, "the file holds no object");
            }
            return value;
        } catch (JsonProcessingException e) {
            throw e;
        } catch (CharConversionException e) {
            // The parser takes some bytes for UTF-32, and then has no exception of its own for bad characters.
            throw MismatchedInputException.from(null, type, "the file is not UTF-8");
        } catch (IOException e) {
            throw new IllegalStateException("reading from memory failed", e);
        }
    }

    /**
     * The same behind a line with its SHA-256: a note that was altered or torn must not make anybody believe anything.
     */
    public static byte[] writeSummed(Object value) {
        byte[] body = write(value);
        byte[] sum = sumLine(body);
        byte[] bytes = Arrays.copyOf(sum, sum.length + body.length);
        System.arraycopy(body, 0, bytes, sum.length, body.length);
        return bytes;
    }

    /** Reads what {@link #writeSummed} wrote; null if it is anything else. */
    public static <T> @Nullable T readSummed(byte[] bytes, Class<T> type) {
        if (bytes.length < SUM_LINE) {
            return null;
        }
        byte[] body = Arrays.copyOfRange(bytes, SUM_LINE, bytes.length);
        if (!Arrays.equals(sumLine(body), Arrays.copyOf(bytes, SUM_LINE))) {
            return null;
        }
        try {
            return read(body, type);
        } catch (JsonProcessingException e) {
            return null;
        }
    }

    private static byte[] sumLine(byte[] body) {
        return (Sha256.hex(Sha256.of(body)) + "\n").getBytes(StandardCharsets.US_ASCII);
    }

    /** Where and why JSON could not be read, such as {@code at line 3, column 7 (byte 61): …}. */
    public static String problem(JsonProcessingException error) {
        var location = error.getLocation();
        String where = location == null
                ? ""
                : "at line " + location.getLineNr() + ", column " + location.getColumnNr() + " (byte "
                        + location.getByteOffset() + "): ";
        String message = error.getOriginalMessage();
        return where + message.lines().findFirst().orElse("not readable as JSON");
    }

    private static final class InstantWriter extends StdSerializer<Instant> {
        private static final long serialVersionUID = 1;

        InstantWriter() {
            super(Instant.class);
        }

        @Override
        public void serialize(Instant value, JsonGenerator json, SerializerProvider provider) throws IOException {
            json.writeString(value.toString());
        }
    }

    private static final class InstantReader extends StdDeserializer<Instant> {
        private static final long serialVersionUID = 1;

        InstantReader() {
            super(Instant.class);
        }

        @Override
        public Instant deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            String text = parser.getValueAsString();
            try {
                return Instant.parse(text == null ? "" : text);
            } catch (DateTimeParseException e) {
                return (Instant) context.handleWeirdStringValue(Instant.class, text, "not an instant in UTC");
            }
        }
    }
}
