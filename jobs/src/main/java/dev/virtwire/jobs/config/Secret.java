// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.config;

import dev.virtwire.jobs.internal.process.ChildProcess;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a password or token is. It never stands in the configuration file itself, and is read when it is needed.
 *
 * @since 0.1
 */
public sealed interface Secret {
    /** The most bytes that a secret has. */
    int MOST = 16 << 10;

    /** The most letters of a complaint of a command that a message has. */
    int MOST_COMPLAINT = 200;

    /** How long a command may take to tell a secret. */
    Duration LIMIT = Duration.ofSeconds(30);

    /**
     * The secret, without the line break at its end.
     *
     * @param environment the environment of this process
     * @throws ConfigurationException if it cannot be read, or others may read it
     */
    String read(Map<String, String> environment);

    /** What is wrong with it as far as can be told without reading it, or null. */
    @Nullable
    String problem();

    /** How long reading it may take at most. */
    default Duration longest() {
        return Duration.ZERO;
    }

    /**
     * In a file that only its owner may read.
     *
     * @since 0.1
     */
    record OfFile(Path file) implements Secret {
        @Override
        public String read(Map<String, String> environment) {
            String problem = problem();
            if (problem != null) {
                throw new ConfigurationException(problem);
            }
            return content(file);
        }

        @Override
        public @Nullable String problem() {
            if (!file.isAbsolute()) {
                return "the path of secret file " + file + " has to be absolute";
            }
            try {
                Set<PosixFilePermission> allowed = Files.getPosixFilePermissions(file);
                boolean others = allowed.stream().anyMatch(each -> !each.name().startsWith("OWNER_"));
                return others ? "others may read or write secret file " + file + ": chmod 600 it" : null;
            } catch (NoSuchFileException e) {
                return "there is no secret file " + file;
            } catch (IOException | UnsupportedOperationException e) {
                return "secret file " + file + " cannot be looked at: " + e.getMessage();
            }
        }
    }

    /**
     * What a command prints.
     *
     * @since 0.1
     */
    record OfCommand(List<String> words) implements Secret {
        /** Copies the list. */
        public OfCommand {
            words = List.copyOf(words);
        }

        @Override
        public String read(Map<String, String> environment) {
            try {
                // Its words are not secret, its output is: no message has that. What it complains of goes to stderr.
                ChildProcess.End end =
                        ChildProcess.startForOutput(words, Map.of()).await(LIMIT);
                Integer code = end.exitCode();
                if (code == null || code != 0) {
                    throw new ConfigurationException("the command for a secret, " + words.get(0) + ", "
                            + (code == null
                                    ? "took longer than " + LIMIT.toSeconds() + " s"
                                    : "ended with exit code " + code)
                            + complaint(end.tail()));
                }
                if (!end.complete()) {
                    throw new ConfigurationException(
                            "the command for a secret, " + words.get(0) + ", printed more than a secret has");
                }
                return nonEmpty(
                        stripped(end.output()),
                        "the command for a secret, " + words.get(0) + ", printed nothing" + complaint(end.tail()));
            } catch (IOException e) {
                throw new ConfigurationException(
                        "the command for a secret, " + words.get(0) + ", cannot be run: " + e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new ConfigurationException("interrupted while the command for a secret ran");
            }
        }

        @Override
        public @Nullable String problem() {
            return null;
        }

        /** One that does not end when its time is over is killed, and its output is waited for. */
        @Override
        public Duration longest() {
            return LIMIT.multipliedBy(2);
        }
    }

    /**
     * A credential that systemd gives to the service.
     *
     * @since 0.1
     */
    record OfCredential(String name) implements Secret {
        @Override
        public String read(Map<String, String> environment) {
            String folder = environment.get("CREDENTIALS_DIRECTORY");
            if (folder == null) {
                throw new ConfigurationException("there is no credential " + name
                        + ": $CREDENTIALS_DIRECTORY is not set, because this is no service of systemd that has any");
            }
            return content(Path.of(folder, name));
        }

        @Override
        public @Nullable String problem() {
            return null;
        }
    }

    private static String content(Path file) {
        try (InputStream stream = Files.newInputStream(file)) {
            byte[] bytes = stream.readNBytes(MOST + 1);
            if (bytes.length > MOST) {
                throw new ConfigurationException("secret file " + file + " is too long for a secret");
            }
            return nonEmpty(stripped(new String(bytes, StandardCharsets.UTF_8)), "secret file " + file + " is empty");
        } catch (NoSuchFileException e) {
            throw new ConfigurationException("there is no secret file " + file);
        } catch (IOException e) {
            throw new ConfigurationException("secret file " + file + " cannot be read: " + e.getMessage());
        }
    }

    /** The last line of it, with a colon before. */
    private static String complaint(String tail) {
        List<String> lines =
                tail.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
        String last = lines.isEmpty() ? "" : lines.get(lines.size() - 1);
        return last.isEmpty() ? "" : ": " + last.substring(0, Math.min(last.length(), MOST_COMPLAINT));
    }

    private static String stripped(String text) {
        return text.endsWith("\r\n")
                ? text.substring(0, text.length() - 2)
                : text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
    }

    private static String nonEmpty(String text, String otherwise) {
        if (text.isEmpty()) {
            throw new ConfigurationException(otherwise);
        }
        return text;
    }
}
