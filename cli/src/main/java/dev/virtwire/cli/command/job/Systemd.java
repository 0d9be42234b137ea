// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.job;

import dev.virtwire.cli.output.CommandException;
import dev.virtwire.jobs.config.Configuration;
import dev.virtwire.jobs.config.JobSettings;
import dev.virtwire.jobs.systemd.JobUnits;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The folder of units, and the systemd that reads it. */
final class Systemd {
    private static final Path MACHINE = Path.of("/etc/systemd/system");
    private static final String COMMAND = "virtwire.command";

    /** Where packages put units. */
    private static final List<Path> PACKAGED = List.of(Path.of("/usr/lib/systemd"), Path.of("/lib/systemd"));

    private final Path folder;
    private final boolean user;
    private final boolean alone;

    private Systemd(Path folder, boolean user, boolean alone) {
        this.folder = folder;
        this.user = user;
        this.alone = alone;
    }

    /**
     * The one that is meant.
     *
     * @param given a folder that no systemd is told of, or null
     */
    static Systemd of(@Nullable Path given, boolean user, Map<String, String> environment) {
        if (given != null) {
            return new Systemd(given.toAbsolutePath(), user, true);
        }
        if (!user) {
            return new Systemd(MACHINE, false, false);
        }
        Path own = Configuration.ownFolder(environment)
                .orElseThrow(() -> CommandException.failed("neither $XDG_CONFIG_HOME nor $HOME is set", null));
        return new Systemd(own.resolve("systemd/user"), true, false);
    }

    /** The program that was started: the launcher tells. */
    static Path command() {
        String command = System.getProperty(COMMAND);
        if (command == null) {
            throw CommandException.failed(
                    "which program the units are to start is not known: use the virtwire script", null);
        }
        return Path.of(command).toAbsolutePath().normalize();
    }

    Path folder() {
        return folder;
    }

    /** Whether a job is installed here. */
    boolean has(String job) {
        return Files.exists(folder.resolve(JobUnits.service(job) + ".d").resolve(JobUnits.DROP_IN));
    }

    /** Writes a job's units, and lets systemd start the job by them; returns what was written. */
    List<Path> install(JobSettings job, JobUnits units) throws IOException, InterruptedException {
        for (String calendar : job.schedule().calendar()) {
            requireCalendar(job, calendar);
        }
        List<Path> written = new ArrayList<>();
        for (Map.Entry<String, String> template : units.templates().entrySet()) {
            if (alone || !isPackaged(template.getKey(), user, PACKAGED)) {
                written.add(write(template.getKey(), template.getValue()));
            }
        }
        Map<String, String> dropIns = units.dropIns(job);
        boolean timer = false;
        for (Map.Entry<String, String> dropIn : dropIns.entrySet()) {
            written.add(write(dropIn.getKey(), dropIn.getValue()));
            timer |= dropIn.getKey().startsWith(JobUnits.timer(job.name()));
        }
        tell("daemon-reload");
        if (timer) {
            tell("enable", "--now", JobUnits.timer(job.name()));
        } else if (Files.exists(
                folder.resolve(JobUnits.timer(job.name()) + ".d").resolve(JobUnits.DROP_IN))) {
            // It had a schedule before.
            tell("disable", "--now", JobUnits.timer(job.name()));
            deleteDropIn(JobUnits.timer(job.name()));
            tell("daemon-reload");
        }
        return written;
    }

    /**
     * Whether a package has brought a template.
     *
     * @param places where packages put units, above the folders for the machine's systemd and for those of users
     */
    static boolean isPackaged(String template, boolean user, List<Path> places) {
        return places.stream()
                .map(place -> place.resolve(user ? "user" : "system").resolve(template))
                .anyMatch(Files::exists);
    }

    /** Takes that back; returns what was removed. */
    List<Path> remove(String job) throws IOException, InterruptedException {
        List<Path> removed = new ArrayList<>();
        if (Files.exists(folder.resolve(JobUnits.timer(job) + ".d"))) {
            tell("disable", "--now", JobUnits.timer(job));
        }
        for (String unit : List.of(JobUnits.timer(job), JobUnits.service(job))) {
            Path file = deleteDropIn(unit);
            if (file != null) {
                removed.add(file);
            }
        }
        tell("daemon-reload");
        return removed;
    }

    private @Nullable Path deleteDropIn(String unit) throws IOException {
        Path dropIns = folder.resolve(unit + ".d");
        Path file = dropIns.resolve(JobUnits.DROP_IN);
        boolean there = Files.deleteIfExists(file);
        if (Files.isDirectory(dropIns)) {
            try (var others = Files.list(dropIns)) {
                if (others.findAny().isEmpty()) {
                    Files.delete(dropIns);
                }
            }
        }
        return there ? file : null;
    }

    private Path write(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Path whole = file.resolveSibling("." + file.getFileName() + ".new");
        Files.writeString(whole, text);
        return Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private void tell(String... words) throws IOException, InterruptedException {
        if (alone) {
            return;
        }
        List<String> command = new ArrayList<>(List.of("systemctl"));
        if (user) {
            command.add("--user");
        }
        command.addAll(List.of(words));
        Answer answer = run(command);
        if (answer.code() != 0) {
            throw CommandException.failed(
                    "the units are written, but '" + String.join(" ", command) + "' failed: " + answer.firstLine(),
                    null);
        }
    }

    /** Without systemd's programs, systemd says it when it reads the units. */
    private static void requireCalendar(JobSettings job, String calendar) throws InterruptedException {
        try {
            Answer answer = run(List.of("systemd-analyze", "calendar", calendar));
            if (answer.code() != 0) {
                throw CommandException.configuration("the schedule '" + calendar + "' of job " + job.name()
                        + " is not what systemd understands: " + answer.firstLine());
            }
        } catch (IOException e) {
            if (Files.exists(Path.of("/usr/bin/systemd-analyze"))) {
                throw CommandException.failed("systemd-analyze cannot be run: " + e.getMessage(), e);
            }
        }
    }

    /** What a program of systemd's said. */
    private record Answer(int code, String text) {
        String firstLine() {
            return text.lines().filter(line -> !line.isBlank()).findFirst().orElse("without a word");
        }
    }

    private static Answer run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Answer(process.waitFor(), text);
    }
}
