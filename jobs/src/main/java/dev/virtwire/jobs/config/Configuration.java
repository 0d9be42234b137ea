// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a configuration file says.
 *
 * @param file the file
 * @param state the folder for what is remembered from run to run, or null for the usual one
 * @param jobs the jobs by their names, in the order of the file
 * @since 0.1
 */
public record Configuration(Path file, @Nullable Path state, Map<String, JobSettings> jobs) {
    private static final int MOST_BYTES = 1 << 20;
    private static final String NAME = "virtwire/config.yaml";

    /** Keeps the order. */
    public Configuration {
        jobs = new LinkedHashMap<>(jobs);
    }

    /**
     * Reads a file. The files of secrets and certificates that it names are not looked at: they are needed only when
     * they are used, and a notification without them never fails the backup.
     *
     * @throws ConfigurationException with all mistakes, if there are any; or if others may write the file
     */
    public static Configuration read(Path file) {
        return read(file, false);
    }

    /**
     * The same, and a file of a secret or of certificates that is missing, or that the wrong people may read, is a
     * mistake too.
     *
     * @throws ConfigurationException with all mistakes, if there are any; or if others may write the file
     */
    public static Configuration check(Path file) {
        return read(file, true);
    }

    private static Configuration read(Path file, boolean looks) {
        FileOwners.ofThisProcess().require(file);
        return new ConfigurationReader(file, looks).read(text(file));
    }

    /**
     * The file to read: the one that is named, else the user's own, else that of the machine.
     *
     * @throws ConfigurationException if there is no such file
     */
    public static Path find(@Nullable Path named, Map<String, String> environment) {
        if (named != null) {
            return named;
        }
        Optional<Path> own = own(environment);
        List<Path> places = own.map(path -> List.of(path, machine())).orElse(List.of(machine()));
        return places.stream()
                .filter(Files::exists)
                .findFirst()
                .orElseThrow(() -> new ConfigurationException("there is no configuration: neither "
                        + String.join(
                                " nor ", places.stream().map(Path::toString).toList())
                        + " exists, and --config names none"));
    }

    /** That of the machine. */
    public static Path machine() {
        return Path.of("/etc", NAME);
    }

    /** The user's own, whether it exists or not; empty if nobody knows where that would be. */
    public static Optional<Path> own(Map<String, String> environment) {
        return ownFolder(environment).map(folder -> folder.resolve(NAME));
    }

    /** The folder of the user's own configurations, of all programs; empty if nobody knows where that would be. */
    public static Optional<Path> ownFolder(Map<String, String> environment) {
        return folder(environment, "XDG_CONFIG_HOME", ".config");
    }

    /**
     * The folder for what is remembered: the one that is configured, else systemd's, else the usual one. That is the
     * machine's for root and for the machine's file, and else the user's.
     */
    public Path stateFolder(Map<String, String> environment) {
        if (state != null) {
            return state;
        }
        String given = environment.get("STATE_DIRECTORY");
        if (given != null && !given.isEmpty()) {
            return Path.of(given.split(":", 2)[0]);
        }
        return stateFolder(environment, FileOwners.ofThisProcess().isRoot());
    }

    /** The usual one. */
    Path stateFolder(Map<String, String> environment, boolean root) {
        Path ofMachine = Path.of("/var/lib/virtwire");
        return root || file.equals(machine())
                ? ofMachine
                : folder(environment, "XDG_STATE_HOME", ".local/state")
                        .map(folder -> folder.resolve("virtwire"))
                        .orElse(ofMachine);
    }

    /**
     * A job.
     *
     * @throws ConfigurationException if no job has this name
     */
    public JobSettings job(String name) {
        JobSettings job = jobs.get(name);
        if (job == null) {
            throw new ConfigurationException("there is no job '" + name + "' in " + file + ", but "
                    + (jobs.isEmpty() ? "no other either" : String.join(", ", jobs.keySet())));
        }
        return job;
    }

    private static Optional<Path> folder(Map<String, String> environment, String variable, String otherwise) {
        String given = environment.get(variable);
        if (given != null && given.startsWith("/")) {
            return Optional.of(Path.of(given));
        }
        return Optional.ofNullable(environment.get("HOME"))
                .filter(home -> home.startsWith("/"))
                .map(home -> Path.of(home, otherwise));
    }

    private static String text(Path file) {
        try (InputStream stream = Files.newInputStream(file)) {
            byte[] bytes = stream.readNBytes(MOST_BYTES + 1);
            if (bytes.length > MOST_BYTES) {
                throw new ConfigurationException(file + ": it has more than 1 MiB");
            }
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new ConfigurationException(file + ": it is not in UTF-8");
        } catch (NoSuchFileException e) {
            throw new ConfigurationException(file + ": no such file");
        } catch (AccessDeniedException e) {
            throw new ConfigurationException(file + ": permission denied");
        } catch (IOException e) {
            throw new ConfigurationException(file + ": " + e.getMessage());
        }
    }
}
