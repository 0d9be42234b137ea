// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.manual;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * What {@code virtwire help TOPIC} explains. A topic is plain text: a title, paragraphs with an empty line between
 * them, and lines that begin with spaces, which stay as they are.
 *
 * @param name what a person types
 * @param text all of it
 */
public record Topic(String name, String text) {
    /** The names, in the order in which they are listed. */
    public static final List<String> NAMES =
            List.of("exit-codes", "environment", "files", "uri", "repository", "retention", "cron", "jobs");

    /** The topic of that name. */
    public static Optional<Topic> of(String name) {
        return NAMES.contains(name) ? Optional.of(new Topic(name, read("topics/" + name + ".txt"))) : Optional.empty();
    }

    /** Its first line. */
    public String title() {
        return text.lines().findFirst().orElseThrow();
    }

    /** All but the title. */
    public String body() {
        return text.substring(text.indexOf("\n\n") + 2).stripTrailing();
    }

    /** A text beside this class. */
    static String read(String name) {
        try (InputStream in = Topic.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the jar has no " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
