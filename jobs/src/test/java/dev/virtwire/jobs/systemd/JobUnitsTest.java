// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.systemd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.jobs.config.Configuration;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** systemd's own programs judge the units. They need Debian's package systemd, but no systemd that runs. */
class JobUnitsTest {
    private static final String TEXT = """
            state: %1$s/state
            repositories:
              main: {folder: "%1$s/my backups"}
            hosts:
              here: {uri: "qemu:///system"}
              there: {uri: "qemu+ssh://root@kvm2/system"}
            notifications:
              node: {type: textfile, folder: /var/lib/prometheus/node-exporter}
              hook: {type: webhook, url: {credential: hook-url}}
            jobs:
              nightly-1:
                repository: main
                hosts: here
                guests: {all: true}
                scratch: /srv/scratch
                notify: [node, hook]
                schedule: ["*-*-* 03:00:00", "Sat 14:00"]
                random-delay: 15m
                on-failure: alarm@%%n.service
                writable: /srv/100%%
              by-hand:
                repository: main
                hosts: there
                guests: {all: true}
            """;

    @TempDir
    Path folder;

    private Configuration configuration;
    private Path command;

    @BeforeEach
    void prepare() throws Exception {
        Path file = Files.writeString(folder.resolve("config.yaml"), TEXT.formatted(folder));
        configuration = Configuration.read(file);
        Files.createDirectory(folder.resolve("my backups"));
        command = Files.writeString(folder.resolve("virtwire"), "#!/bin/sh\n");
        assertThat(command.toFile().setExecutable(true)).isTrue();
    }

    private Map<String, String> dropIns(String job, boolean user) {
        return new JobUnits(configuration, command, user, Path.of("/home/me/my state")).dropIns(configuration.job(job));
    }

    @Test
    void theServiceMayWriteWhatTheJobWrites() {
        assertThat(dropIns("nightly-1", false).get("virtwire@nightly-1.service.d/50-virtwire-job.conf"))
                .isEqualTo("""
                # Written by 'virtwire job install', and written again by it: use a file of your own
                [Unit]
                RequiresMountsFor="%1$s/my backups"
                RequiresMountsFor=%1$s/state
                OnFailure=alarm@%%n.service

                [Service]
                ExecStart=
                ExecStart=%1$s/virtwire run --config %1$s/config.yaml --quiet %%i
                ExecStopPost=
                ExecStopPost=/usr/bin/env CREDENTIALS_DIRECTORY=%1$s/credentials %1$s/virtwire job recover --config %1$s/config.yaml --quiet %%i
                TimeoutStopSec=347
                ReadWritePaths="%1$s/my backups"
                ReadWritePaths=-%1$s/state
                ReadWritePaths=-/var/lib/prometheus/node-exporter
                ReadWritePaths=-/var/lib/libvirt
                ReadWritePaths=-/var/tmp
                ReadWritePaths=-/srv/scratch
                ReadWritePaths=-/srv/100%%%%
                LoadCredential=hook-url:%1$s/credentials/hook-url
                """.formatted(folder));
    }

    /** A job would make a new repository in the empty folder below the mount. */
    @Test
    void nothingBeginsBeforeItsFolderIsMounted() {
        assertThat(dropIns("by-hand", false).values().iterator().next())
                .contains("[Unit]\nRequiresMountsFor=\"" + folder + "/my backups\"\n");
        assertThat(new JobUnits(configuration, command, false, folder)
                        .templates()
                        .get("virtwire@.service"))
                .contains(" remote-fs.target ");
        assertThat(dropIns("by-hand", true).values().iterator().next()).doesNotContain("RequiresMountsFor");
    }

    @Test
    void aUsersServiceIsToldWhereItsJobsRemember() throws Exception {
        Path file = Files.writeString(
                folder.resolve("other.yaml"), TEXT.formatted(folder).replaceFirst("state.*\n", ""));
        configuration = Configuration.read(file);
        assertThat(dropIns("by-hand", true).values().iterator().next())
                .contains("Environment=\"STATE_DIRECTORY=/home/me/my state\"\n");
        assertThat(dropIns("by-hand", false).values().iterator().next()).doesNotContain("STATE_DIRECTORY");
        assertThat(verify(write(true), true)).isEmpty();
    }

    @Test
    void pathsReachSystemdAsTheyAre() throws Exception {
        folder = Files.createDirectory(folder.resolve("100% $HOME %n"));
        prepare();
        String quoted = folder.toString().replace("%", "%%");
        assertThat(dropIns("nightly-1", false).get("virtwire@nightly-1.service.d/50-virtwire-job.conf"))
                .contains(
                        "RequiresMountsFor=\"" + quoted + "/my backups\"\n",
                        "ExecStart=\"" + quoted + "/virtwire\" run --config \"" + quoted.replace("$", "$$")
                                + "/config.yaml\" --quiet %i\n",
                        "ExecStopPost=/usr/bin/env \"CREDENTIALS_DIRECTORY=" + quoted.replace("$", "$$")
                                + "/credentials\" \"" + quoted.replace("$", "$$") + "/virtwire\" job recover",
                        "ReadWritePaths=\"" + quoted + "/my backups\"\n",
                        "ReadWritePaths=\"-" + quoted + "/state\"\n",
                        "LoadCredential=hook-url:" + quoted + "/credentials/hook-url\n");
        // It looks for the program, and so says what it has read.
        assertThat(verify(write(false), false)).isEmpty();
    }

    /** The hooks that clean up have all of their time before systemd kills them. */
    @Test
    void aStopTakesAsLongAsTheHooksThatCleanUp() throws Exception {
        Path file = configuration.file();
        Files.writeString(
                file,
                Files.readString(file)
                        .replace(
                                "  by-hand:\n",
                                "  by-hand:\n    hooks: {after-guest: x, after: y, time-limit: 20m}\n"));
        configuration = Configuration.read(file);
        // 4 minutes for what is no hook, twice 20 for hooks, and 1 to stop.
        assertThat(dropIns("by-hand", false).values().iterator().next()).contains("\nTimeoutStopSec=2700\n");
    }

    /** Else whoever waits for a sign of life would hear nothing of a job that was stopped. */
    @Test
    void aStopTakesAsLongAsThoseWhoAreTold() throws Exception {
        Path file = configuration.file();
        Files.writeString(
                file,
                Files.readString(file)
                        .replace("url: {credential: hook-url}", "tries: 10, url: {command: pass show url}"));
        configuration = Configuration.read(file);
        // 10 tries of 10 s, 511 s between them and 60 for the command, 4 minutes for the backups, and 1 to stop.
        assertThat(dropIns("nightly-1", false).values().iterator().next()).contains("\nTimeoutStopSec=971\n");
    }

    @Test
    void theTimerHasTheSchedule() {
        assertThat(dropIns("nightly-1", false).get("virtwire@nightly-1.timer.d/50-virtwire-job.conf"))
                .isEqualTo("""
                # Written by 'virtwire job install', and written again by it: use a file of your own
                [Timer]
                OnCalendar=
                OnCalendar=*-*-* 03:00:00
                OnCalendar=Sat 14:00
                RandomizedDelaySec=900
                Persistent=yes
                """);
        assertThat(dropIns("by-hand", false)).containsOnlyKeys("virtwire@by-hand.service.d/50-virtwire-job.conf");
    }

    @Test
    void aHostElsewhereNeedsNoFolderHere() {
        assertThat(dropIns("by-hand", false).values().iterator().next())
                .doesNotContain("/var/tmp")
                .doesNotContain("OnFailure");
    }

    @Test
    void systemdUnderstandsTheUnits() throws Exception {
        for (boolean user : new boolean[] {false, true}) {
            assertThat(verify(write(user), user)).isEmpty();
        }
    }

    /** What systemd says of the units. */
    private List<String> verify(Path units, boolean user) throws Exception {
        StringBuilder said = new StringBuilder();
        for (String unit : new String[] {"virtwire@nightly-1.service", "virtwire@nightly-1.timer"}) {
            said.append(run(
                    Map.of("SYSTEMD_UNIT_PATH", units + ":", "XDG_RUNTIME_DIR", folder.toString()),
                    "systemd-analyze",
                    "verify",
                    user ? "--user" : "--system",
                    "--man=no",
                    units.resolve(unit).toString()));
        }
        // Of units of this machine it may have more to say.
        return said.toString().lines().filter(line -> line.contains("virtwire")).toList();
    }

    /** 0 is the best, 10 the worst; a service without any protection has 9.6. */
    @Test
    void theServiceIsHardened() throws Exception {
        Path units = write(false);
        String said = run(
                Map.of("SYSTEMD_UNIT_PATH", units + ":"),
                "systemd-analyze",
                "security",
                "--offline=true",
                "--no-pager",
                units.resolve("virtwire@nightly-1.service").toString());
        Matcher exposure =
                Pattern.compile("Overall exposure level for \\S+: ([0-9.]+)").matcher(said);
        assertThat(exposure.find()).as(said).isTrue();
        assertThat(Double.parseDouble(exposure.group(1))).as(said).isLessThan(4);
    }

    /** As they are when a job is installed: templates, instances and drop-ins. */
    private Path write(boolean user) throws Exception {
        Path units = Files.createDirectory(folder.resolve(user ? "user" : "system"));
        JobUnits of = new JobUnits(configuration, command, user, Path.of("/home/me/my state"));
        Map<String, String> all = new LinkedHashMap<>(of.templates());
        all.putAll(of.dropIns(configuration.job("nightly-1")));
        // The package's program need not be here; the drop-in takes its place.
        for (Map.Entry<String, String> unit : all.entrySet()) {
            Path file = units.resolve(unit.getKey());
            Files.createDirectories(file.getParent());
            Files.writeString(file, unit.getValue());
        }
        Files.createSymbolicLink(units.resolve("virtwire@nightly-1.service"), units.resolve("virtwire@.service"));
        Files.createSymbolicLink(units.resolve("virtwire@nightly-1.timer"), units.resolve("virtwire@.timer"));
        return units;
    }

    private static String run(Map<String, String> environment, String... words) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return said;
    }
}
