// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.config;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.NbdListen;
import dev.virtwire.client.InvalidUriException;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.image.Compression;
import dev.virtwire.jobs.internal.yaml.Reading;
import dev.virtwire.jobs.internal.yaml.Section;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads the file from top to bottom; what has mistakes is left out, and the reading continues behind it. */
final class ConfigurationReader {
    private final Path file;
    private final SecretReader secrets;
    private final NotificationReader notificationReader;
    private final Reading reading = new Reading();
    private final Map<String, RepositorySettings> repositories = new LinkedHashMap<>();
    private final Map<String, HostSettings> hosts = new LinkedHashMap<>();
    private final Map<String, NotificationSettings> notifications = new LinkedHashMap<>();
    private final Map<String, JobSettings> jobs = new LinkedHashMap<>();
    /** Names of things that are there and have mistakes, by the section that they stand in. */
    private final Map<String, Set<String>> broken = new LinkedHashMap<>();

    /**
     * For a file.
     *
     * @param looks whether files that it names are looked at
     */
    ConfigurationReader(Path file, boolean looks) {
        this.file = file;
        this.secrets = new SecretReader(looks);
        this.notificationReader = new NotificationReader(secrets, looks);
    }

    Configuration read(String text) {
        Path state = null;
        Section top = reading.parse(text);
        if (top != null) {
            state = top.value("state", ConfigurationReader::absolute);
            readAll(top, "repositories", repositories, this::repository);
            readAll(top, "hosts", hosts, this::host);
            readAll(top, "notifications", notifications, notificationReader::read);
            JobReader reader = new JobReader(repositories, hosts, notifications, broken);
            readAll(top, "jobs", jobs, reader::read);
            top.end();
        }
        List<Problem> problems = reading.mistakes().stream()
                .map(mistake -> new Problem(file, mistake.line(), mistake.column(), mistake.message()))
                .toList();
        if (!problems.isEmpty()) {
            throw new ConfigurationException(problems);
        }
        return new Configuration(file, state, jobs);
    }

    private <T> void readAll(Section top, String key, Map<String, T> into, Function<Section, @Nullable T> reader) {
        Set<String> bad = broken.computeIfAbsent(key, any -> new HashSet<>());
        top.sections(key).forEach((name, section) -> {
            T value = reader.apply(section);
            section.end();
            if (value == null) {
                bad.add(name);
            } else {
                into.put(name, value);
            }
        });
    }

    private @Nullable RepositorySettings repository(Section section) {
        section.require("folder");
        Path folder = section.value("folder", ConfigurationReader::absolute);
        Compression compression = section.word("compress", Arrays.asList(Compression.values()));
        return folder == null
                ? null
                : new RepositorySettings(folder, compression == null ? Compression.NONE : compression);
    }

    private @Nullable HostSettings host(Section section) {
        section.require("uri");
        String uri = section.secretive("uri", ConfigurationReader::uri);
        String user = section.text("user");
        Secret password = secrets.read(section, "password");
        if (password != null && user == null) {
            section.mistake("password", section.name("password") + " needs the key 'user' beside it");
        }
        NbdListen nbd = section.value("nbd", text -> {
            try {
                return NbdListen.parse(text);
            } catch (BackupException e) {
                throw new IllegalArgumentException("an address and ports, such as 127.0.0.1:10809-10872", e);
            }
        });
        boolean insecure = section.flag("insecure-nbd");
        return uri == null ? null : new HostSettings(nameOf(section), uri, user, password, nbd, insecure);
    }

    /** Without "://" it is an alias of libvirt.conf, which the connection looks up. */
    private static String uri(String text) {
        try {
            if (text.contains(":")) {
                LibvirtUri.parse(text);
            }
            return text;
        } catch (InvalidUriException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    /** A path that means the same wherever the program runs. */
    static Path absolute(String text) {
        Path path = Path.of(text);
        if (!path.isAbsolute()) {
            throw new IllegalArgumentException("a path that begins with '/'");
        }
        return path.normalize();
    }

    /** The name of a thing that stands under its name. */
    static String nameOf(Section section) {
        return section.path().substring(section.path().indexOf('.') + 1);
    }

    /** A time, or a default. */
    static Duration timeOr(Section section, String key, Duration otherwise) {
        Duration time = section.value(key, Values::timeOrNone);
        return time == null ? otherwise : time;
    }
}
