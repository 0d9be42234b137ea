// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.config;

import dev.virtwire.client.ConfigurationException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Who runs this process and where libvirt's files are for them.
 *
 * @param environment the environment's variables
 * @param root whether root runs this process; everybody else has files of their own besides the system's
 * @param systemSockets the folder of the system's sockets
 * @param systemConfiguration the folder of the system's configuration
 * @param systemCertificates the folder of the system's certificates
 */
public record Surroundings(
        Map<String, String> environment,
        boolean root,
        Path systemSockets,
        Path systemConfiguration,
        Path systemCertificates) {
    private static final Path USERS = Path.of("/etc/passwd");
    private static final int HOME_FIELD = 5;

    /** Those of this process. */
    public static Surroundings ofThisProcess() {
        return with(System.getenv());
    }

    /** Those of this process, with other variables. */
    public static Surroundings with(Map<String, String> environment) {
        return new Surroundings(
                environment, userId() == 0, Path.of("/var/run/libvirt"), Path.of("/etc/libvirt"), Path.of("/etc/pki"));
    }

    /** A variable that is set, and not to nothing. */
    public Optional<String> variable(String name) {
        return Optional.ofNullable(environment.get(name)).filter(value -> !value.isEmpty());
    }

    /** The user's home. */
    public Optional<Path> home() {
        return variable("HOME").map(Path::of);
    }

    /** The user's home, by whatever says it. */
    public Path homeOrRoot() {
        return home().orElseGet(() -> Path.of(System.getProperty("user.home", "/")));
    }

    /**
     * A path as a shell would read it: {@code ~} at its beginning is the user's home, {@code ~fred} that of fred.
     *
     * @throws ConfigurationException if that user has no home here
     * @throws java.nio.file.InvalidPathException if it is not a path
     */
    public Path expandHome(String path) {
        if (!path.startsWith("~")) {
            return Path.of(path);
        }
        int slash = path.indexOf('/');
        String user = slash < 0 ? path.substring(1) : path.substring(1, slash);
        Path home = user.isEmpty() ? homeOrRoot() : homeOf(user, path);
        return slash < 0 ? home : home.resolve(path.substring(slash + 1));
    }

    private static Path homeOf(String user, String path) {
        String users = read(USERS, "list of users");
        return Stream.ofNullable(users)
                .flatMap(String::lines)
                .map(line -> line.split(":", -1))
                .filter(fields -> fields.length > HOME_FIELD && fields[0].equals(user))
                .map(fields -> Path.of(fields[HOME_FIELD]))
                .findFirst()
                .orElseThrow(() -> new ConfigurationException(
                        "path %s: %s has no user '%s': write the path in full".formatted(path, USERS, user)));
    }

    /** The folder of the user's own libvirt configuration. */
    public Optional<Path> userConfiguration() {
        return variable("XDG_CONFIG_HOME")
                .map(Path::of)
                .or(() -> home().map(home -> home.resolve(".config")))
                .map(folder -> folder.resolve("libvirt"));
    }

    /** The folder of the sockets of the user's session. */
    public Optional<Path> sessionSockets() {
        return variable("XDG_RUNTIME_DIR")
                .or(() -> variable("XDG_CACHE_HOME"))
                .map(Path::of)
                .or(() -> home().map(home -> home.resolve(".cache")))
                .map(folder -> folder.resolve("libvirt"));
    }

    /**
     * The text of a configuration file; null if it is missing.
     *
     * @param what the file, in words
     * @throws ConfigurationException if it is there and cannot be read
     */
    public static @Nullable String read(Path file, String what) {
        try {
            return Files.readString(file);
        } catch (NoSuchFileException e) {
            return null;
        } catch (AccessDeniedException e) {
            throw new ConfigurationException("%s %s cannot be read: permission denied".formatted(what, file), e);
        } catch (MalformedInputException e) {
            throw new ConfigurationException("%s %s is no text in UTF-8".formatted(what, file), e);
        } catch (IOException e) {
            throw new ConfigurationException("%s %s cannot be read: %s".formatted(what, file, e.getMessage()), e);
        }
    }

    private static int userId() {
        try {
            Path self = Path.of("/proc/self");
            // Without a /proc there is no libvirt system daemon of root's to prefer either.
            return Files.exists(self) ? (Integer) Files.getAttribute(self, "unix:uid") : -1;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot tell which user runs this process", e);
        }
    }
}
