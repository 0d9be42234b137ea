// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.systemd;

import dev.virtwire.jobs.config.Configuration;
import dev.virtwire.jobs.config.HostSettings;
import dev.virtwire.jobs.config.JobSettings;
import dev.virtwire.jobs.config.NotificationSettings;
import dev.virtwire.jobs.config.NotificationSettings.Mail;
import dev.virtwire.jobs.config.NotificationSettings.Ping;
import dev.virtwire.jobs.config.NotificationSettings.Textfile;
import dev.virtwire.jobs.config.NotificationSettings.Webhook;
import dev.virtwire.jobs.config.Secret;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What systemd is told of a job: drop-ins beside the templates {@code virtwire@.service} and {@code virtwire@.timer}.
 *
 * @param command the program that the units run, absolute
 * @param user whether they are for the user's own systemd
 * @param state the folder for what jobs remember; only the machine's systemd gives its services one
 * @since 0.1
 */
public record JobUnits(Configuration configuration, Path command, boolean user, Path state) {
    /** The name of the drop-ins: later than those of a package, earlier than a person's. */
    public static final String DROP_IN = "50-virtwire-job.conf";

    private static final String PACKAGED = "/usr/bin/virtwire";

    /** Where QEMU keeps scratch files and sockets unless a job says something else. */
    private static final List<String> SCRATCH = List.of("-/var/lib/libvirt", "-/var/tmp");

    /** The name of a job's service. */
    public static String service(String job) {
        return "virtwire@" + job + ".service";
    }

    /** The name of a job's timer. */
    public static String timer(String job) {
        return "virtwire@" + job + ".timer";
    }

    /** The templates, by their names. */
    public Map<String, String> templates() {
        Map<String, String> templates = new LinkedHashMap<>();
        templates.put("virtwire@.service", text(user ? "user/virtwire@.service" : "virtwire@.service"));
        templates.put("virtwire@.timer", text("virtwire@.timer"));
        return templates;
    }

    /** The drop-ins of a job, by their names in the folder of units; a job without a schedule has none for a timer. */
    public Map<String, String> dropIns(JobSettings job) {
        Map<String, String> dropIns = new LinkedHashMap<>();
        dropIns.put(service(job.name()) + ".d/" + DROP_IN, serviceDropIn(job));
        if (!job.schedule().calendar().isEmpty()) {
            dropIns.put(timer(job.name()) + ".d/" + DROP_IN, timerDropIn(job));
        }
        return dropIns;
    }

    private String timerDropIn(JobSettings job) {
        List<String> lines = head();
        lines.add("[Timer]");
        lines.add("OnCalendar=");
        job.schedule().calendar().forEach(each -> lines.add("OnCalendar=" + percent(each)));
        lines.add("RandomizedDelaySec=" + job.schedule().randomDelay());
        lines.add("Persistent=yes");
        return text(lines);
    }

    private String serviceDropIn(JobSettings job) {
        List<String> lines = head();
        List<String> unit = new ArrayList<>();
        if (!user) {
            // A user's systemd starts later, and mounts nothing.
            mounted(job).forEach(folder -> unit.add("RequiresMountsFor=" + quoted(folder)));
        }
        if (job.schedule().onFailure() != null) {
            unit.add("OnFailure=" + job.schedule().onFailure());
        }
        if (!unit.isEmpty()) {
            lines.add("[Unit]");
            lines.addAll(unit);
            lines.add("");
        }
        lines.add("[Service]");
        Path usual = user
                ? Configuration.own(Map.of("HOME", System.getProperty("user.home", "/")))
                        .orElse(Configuration.machine())
                : Configuration.machine();
        Path credentials = configuration.file().resolveSibling("credentials");
        if (!command.toString().equals(PACKAGED) || !configuration.file().equals(usual)) {
            String options = " --config " + argument(configuration.file().toString()) + " --quiet %i";
            lines.add("ExecStart=");
            lines.add("ExecStart=" + quoted(command.toString()) + " run" + options);
            lines.add("ExecStopPost=");
            // systemd hands it no credentials, so it reads their files itself.
            lines.add("ExecStopPost=/usr/bin/env " + argument("CREDENTIALS_DIRECTORY=" + credentials) + " "
                    + argument(command.toString()) + " job recover" + options);
        }
        // The clean-up of a run that is stopped, and some time to stop.
        lines.add("TimeoutStopSec=" + job.cleanUp().plusMinutes(1).toSeconds());
        if (!user) {
            writable(job).forEach(folder -> lines.add("ReadWritePaths=" + quoted(folder)));
        } else if (configuration.state() == null) {
            lines.add("Environment=" + quoted("STATE_DIRECTORY=" + state));
        }
        // The path is the rest of the line, without quotes.
        credentials(job)
                .forEach(name -> lines.add("LoadCredential=" + name + ":"
                        + percent(credentials.resolve(name).toString())));
        return text(lines);
    }

    private static List<String> head() {
        return new ArrayList<>(
                List.of("# Written by 'virtwire job install', and written again by it: use a file of your own"));
    }

    private static String text(List<String> lines) {
        return String.join("\n", lines) + "\n";
    }

    /**
     * Folders without whose file systems a job may not run: in the empty folder where one is mounted later, it would
     * make a new repository, or find that no run was ever killed. The textfile's folder is left out, because a
     * notification that fails never fails the backup.
     */
    private Set<String> mounted(JobSettings job) {
        Set<String> folders = new LinkedHashSet<>();
        folders.add(job.repository().folder().toString());
        if (configuration.state() != null) {
            folders.add(configuration.state().toString());
        }
        return folders;
    }

    /** Folders that a job writes. Those that may not be there yet begin with a dash, as systemd has it. */
    private Set<String> writable(JobSettings job) {
        Set<String> folders = new LinkedHashSet<>();
        folders.add(job.repository().folder().toString());
        if (configuration.state() != null) {
            folders.add("-" + configuration.state());
        }
        for (NotificationSettings each : job.notifications()) {
            if (each instanceof Textfile textfile) {
                folders.add("-" + textfile.folder());
            }
        }
        if (job.hosts().stream().anyMatch(JobUnits::isHere)) {
            folders.addAll(SCRATCH);
            String scratch = job.backup().scratch();
            if (scratch != null) {
                folders.add("-" + scratch);
            }
        }
        job.schedule().writable().forEach(folder -> folders.add("-" + folder));
        return folders;
    }

    /** A host without a name is this machine; what libvirt.conf makes of an alias is not known here. */
    private static boolean isHere(HostSettings host) {
        return !host.uri().contains("://") || host.uri().contains(":///");
    }

    private static Set<String> credentials(JobSettings job) {
        List<@Nullable Secret> secrets = new ArrayList<>();
        job.hosts().forEach(host -> secrets.add(host.password()));
        for (NotificationSettings each : job.notifications()) {
            if (each instanceof Webhook webhook) {
                secrets.add(webhook.token());
                secrets.add(webhook.url().secret());
            } else if (each instanceof Ping ping) {
                secrets.add(ping.url().secret());
            } else if (each instanceof Mail mail) {
                secrets.add(mail.password());
            }
        }
        Set<String> names = new LinkedHashSet<>();
        for (Secret secret : secrets) {
            if (secret instanceof Secret.OfCredential credential) {
                names.add(credential.name());
            }
        }
        return names;
    }

    /** As systemd reads a word. */
    private static String quoted(String word) {
        String escaped = percent(word.replace("\\", "\\\\").replace("\"", "\\\""));
        return escaped.matches("[A-Za-z0-9_./@%:=+-]+") ? escaped : "\"" + escaped + "\"";
    }

    /** As systemd reads an argument of a command: there a dollar sign begins a variable. */
    private static String argument(String word) {
        return quoted(word.replace("$", "$$"));
    }

    /** A percent sign begins a specifier. */
    private static String percent(String text) {
        return text.replace("%", "%%");
    }

    private static String text(String name) {
        try (InputStream stream = JobUnits.class.getResourceAsStream(name)) {
            if (stream == null) {
                throw new IllegalStateException("unit " + name + " was not packed");
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
