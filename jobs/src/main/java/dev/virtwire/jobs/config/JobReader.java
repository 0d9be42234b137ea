// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.config;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.BackupRequest;
import dev.virtwire.image.Compression;
import dev.virtwire.jobs.config.HookSettings.Hook;
import dev.virtwire.jobs.internal.yaml.Section;
import dev.virtwire.repository.Retention;
import dev.virtwire.repository.VerifyDepth;
import dev.virtwire.repository.manifest.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads jobs, of which each names things that stand in other sections. */
final class JobReader {
    private static final int MOST_PARALLEL = 64;
    private static final int MOST_POINTS = 100_000;
    private static final Duration EVERY = Duration.ofDays(7);
    private static final String AUTO = "auto";

    private final Map<String, RepositorySettings> repositories;
    private final Map<String, HostSettings> hosts;
    private final Map<String, NotificationSettings> notifications;
    private final Map<String, Set<String>> broken;

    /** With what stands in the other sections, and the names of what has mistakes there. */
    JobReader(
            Map<String, RepositorySettings> repositories,
            Map<String, HostSettings> hosts,
            Map<String, NotificationSettings> notifications,
            Map<String, Set<String>> broken) {
        this.repositories = repositories;
        this.hosts = hosts;
        this.notifications = notifications;
        this.broken = broken;
    }

    @Nullable
    JobSettings read(Section section) {
        RepositorySettings repository =
                section.reference("repository", repositories, brokenOf("repositories"), "repository");
        section.require("hosts");
        List<HostSettings> chosen = section.references("hosts", hosts, brokenOf("hosts"), "host");
        GuestChoice guests = guests(section);
        BackupSettings backup = backup(section, repository);
        Retention keep = keep(section.section("keep"));
        HookSettings hooks = hooks(section.section("hooks"));
        VerifySettings verify = verify(section.section("verify"));
        Duration maxAge = section.value("max-age", Values::time);
        Duration verifiedWithin = section.value("verified-within", Values::time);
        if (verifiedWithin != null && maxAge == null) {
            section.mistake("verified-within", section.name("verified-within") + " needs the key 'max-age' beside it");
        }
        List<NotificationSettings> notify =
                section.references("notify", notifications, brokenOf("notifications"), "notification");
        ScheduleSettings schedule = schedule(section);
        if (repository == null || chosen.isEmpty() || guests == null) {
            return null;
        }
        return new JobSettings(
                ConfigurationReader.nameOf(section),
                repository,
                chosen,
                guests,
                backup,
                keep,
                hooks,
                verify,
                maxAge,
                verifiedWithin,
                notify,
                schedule);
    }

    private Set<String> brokenOf(String key) {
        return broken.getOrDefault(key, Set.of());
    }

    private static @Nullable GuestChoice guests(Section job) {
        job.require("guests");
        if (!job.isSection("guests")) {
            if (job.has("guests")) {
                job.mistake(
                        "guests", job.name("guests") + " has keys of its own: all, names, patterns, tags, exclude, …");
            }
            return null;
        }
        Section section = Objects.requireNonNull(job.section("guests"));
        GuestChoice choice = new GuestChoice(
                section.flag("all"),
                section.texts("names"),
                section.texts("patterns"),
                section.texts("tags"),
                section.texts("exclude"),
                section.texts("exclude-tags"),
                section.flag("running-only"));
        boolean some = !choice.names().isEmpty()
                || !choice.patterns().isEmpty()
                || !choice.tags().isEmpty();
        if (!some && !choice.all() && Stream.of("names", "patterns", "tags").noneMatch(section::has)) {
            section.mistake("'" + section.path() + "' chooses no guest: it needs 'all: true', names, patterns or tags");
        }
        if (some && choice.all()) {
            section.mistake(
                    "all", section.name("all") + " is all there are: names, patterns and tags choose nothing then");
        }
        section.end();
        return choice;
    }

    private static BackupSettings backup(Section job, @Nullable RepositorySettings repository) {
        String level = job.word("level", List.of(AUTO, Level.FULL.toString(), Level.INCREMENTAL.toString()));
        Compression compression = job.word("compress", Arrays.asList(Compression.values()));
        Long rate = job.value("bandwidth", Values::rate);
        Integer parallel = job.number("parallel", 1, MOST_PARALLEL);
        String scratch = job.text("scratch");
        BackupSettings settings = new BackupSettings(
                level == null || level.equals(AUTO)
                        ? null
                        : level.equals(Level.FULL.toString()) ? Level.FULL : Level.INCREMENTAL,
                compression != null ? compression : repository == null ? Compression.NONE : repository.compression(),
                job.texts("exclude-disks"),
                rate == null ? 0 : rate,
                parallel == null ? 1 : parallel,
                job.flag("quiesce"),
                job.flag("allow-plain"),
                job.flag("own-storage"),
                job.flag("resume"),
                ConfigurationReader.timeOr(job, "wait", Duration.ZERO),
                ConfigurationReader.timeOr(job, "stall-timeout", BackupRequest.STALL_TIMEOUT),
                scratch,
                job.value("scratch-limit", Values::size),
                job.value("media-limit", Values::sizeOrNone));
        try {
            settings.request("guest");
        } catch (BackupException e) {
            job.mistake(String.valueOf(e.getMessage()));
        }
        return settings;
    }

    private static @Nullable Retention keep(@Nullable Section section) {
        if (section == null) {
            return null;
        }
        int[] numbers = Stream.of("last", "hourly", "daily", "weekly", "monthly", "yearly")
                .mapToInt(key -> Objects.requireNonNullElse(section.number(key, 1, MOST_POINTS), 0))
                .toArray();
        Duration within = section.value("within", Values::hours);
        ZoneId zone = section.value("time-zone", Values::zone);
        boolean any = Stream.of("last", "hourly", "daily", "weekly", "monthly", "yearly", "within")
                .anyMatch(section::has);
        section.end();
        if (!any) {
            section.mistake("'" + section.path()
                    + "' needs one of the keys last, hourly, daily, weekly, monthly, yearly and within");
        }
        if (within == null && Arrays.stream(numbers).allMatch(number -> number == 0)) {
            return null;
        }
        return new Retention(
                numbers[0],
                numbers[1],
                numbers[2],
                numbers[3],
                numbers[4],
                numbers[5],
                within,
                zone == null ? ZoneOffset.UTC : zone);
    }

    private static HookSettings hooks(@Nullable Section section) {
        if (section == null) {
            return HookSettings.NONE;
        }
        Map<Hook, List<String>> commands = new EnumMap<>(Hook.class);
        for (Hook hook : Hook.values()) {
            List<String> command = SecretReader.command(section, hook.toString());
            if (!command.isEmpty()) {
                commands.put(hook, command);
            }
        }
        Duration limit = section.value("time-limit", Values::time);
        section.end();
        return new HookSettings(commands, limit == null ? HookSettings.LIMIT : limit);
    }

    private static @Nullable VerifySettings verify(@Nullable Section section) {
        if (section == null) {
            return null;
        }
        VerifyDepth depth = section.word("depth", List.of(VerifyDepth.DIGESTS, VerifyDepth.FULL));
        Duration limit = section.value("time-limit", Values::time);
        Long rate = section.value("bandwidth", Values::rate);
        VerifySettings settings = new VerifySettings(
                depth == null ? VerifyDepth.DIGESTS : depth,
                ConfigurationReader.timeOr(section, "every", EVERY),
                limit,
                rate == null ? 0 : rate);
        section.end();
        return settings;
    }

    /** What is wrong with a calendar event, systemd says when the job is installed. */
    private static ScheduleSettings schedule(Section job) {
        List<String> calendar = job.texts("schedule");
        Duration delay = ConfigurationReader.timeOr(job, "random-delay", Duration.ZERO);
        String onFailure = job.text("on-failure");
        List<String> writable = job.texts("writable");
        for (String folder : writable) {
            if (!folder.startsWith("/")) {
                job.mistake(
                        "writable", job.name("writable") + " has folders that begin with '/', unlike '" + folder + "'");
            }
        }
        return new ScheduleSettings(
                calendar,
                delay.toSeconds(),
                onFailure,
                writable.stream().map(Path::of).map(Path::toString).toList());
    }
}
