// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import dev.virtwire.testkit.TestPki;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Jobs of what is installed: those who are told speak TLS, and a systemd starts the unit of the package. */
@ExtendWith(LibvirtdExtension.class)
@Tag("packages")
class InstalledJobIT {
    private static final long MIB = 1 << 20;
    private static final Duration SOON = Duration.ofMinutes(2);

    @TempDir
    Path folder;

    private ToldPeople people;
    private Path scratch;

    @BeforeEach
    void prepare() throws Exception {
        people = new ToldPeople();
        // A service does not see this machine's /tmp.
        scratch = Files.createTempDirectory(Path.of("/var/tmp"), "installed");
    }

    @AfterEach
    void end() throws IOException {
        people.close();
        Shell.output(Path.of("/"), Map.of(), "rm", "-rf", scratch.toString());
    }

    private static Guest guest(Libvirtd libvirtd, String name, long mebibytes) {
        return Guest.on(libvirtd, name)
                .disk(GuestDisk.qcow2(mebibytes * MIB).fill(0, mebibytes * MIB, 0x11))
                .start();
    }

    /** Writes a configuration, and the password beside it, into a folder. */
    private Path configure(Path here, String text) throws IOException {
        Path credentials = Files.createDirectories(here.resolve("credentials"));
        Files.deleteIfExists(credentials.resolve("smtp"));
        Files.createFile(
                credentials.resolve("smtp"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(credentials.resolve("smtp"), ToldPeople.PASSWORD);
        TestPki.pem(here.resolve("ca.pem"), people.pki().authority());
        return Files.writeString(here.resolve("config.yaml"), text);
    }

    /** Those who are told: the mailbox after a login, and the web server. */
    private String notifications(String ca, String password) {
        return """
            notifications:
              admins: {type: mail, server: 127.0.0.1, port: %1$d, security: tls, user: backup, password: {%4$s},
                from: backup@example.org, to: admins@example.org, on: always, ca: %3$s}
              dead-man: {type: ping, url: "https://127.0.0.1:%2$d/ping", ca: %3$s}
              stranger: {type: ping, url: "https://127.0.0.1:%2$d/stranger", start: none, tries: 1}
            """.formatted(people.mailPort(), people.webPort(), ca, password);
    }

    /** A class that is missing in the runtime is found when it is used, and not before. */
    @Test
    void theTarsJavaMailsAndPingsByTls(Libvirtd libvirtd) throws Exception {
        Path tar = Packages.make("tar", Packages.THEN);
        Shell.output(folder, Map.of(), "tar", "-xzf", tar.toString(), "--strip-components=1");
        Path config = configure(
                folder,
                notifications(folder + "/ca.pem", "file: " + folder + "/credentials/smtp")
                        + """
                state: %1$s/state
                repositories: {main: {folder: %1$s/backups, compress: zstd}}
                hosts: {here: {uri: "%2$s"}}
                jobs:
                  nightly: {repository: main, hosts: here, guests: {names: told}, notify: [admins, dead-man]}
                  untrusting: {repository: main, hosts: here, guests: {names: told}, notify: stranger}
                """.formatted(folder, libvirtd.unixUri()));
        try (Guest guest = guest(libvirtd, "told", 4)) {
            CommandRun run = job(config, "nightly");
            assertThat(run.err()).isEmpty();
            assertThat(run.exitCode()).isZero();
            assertThat(people.mails())
                    .singleElement()
                    .satisfies(mail -> assertThat(mail)
                            .contains("To: admins@example.org\n", "Subject: virtwire: job nightly", guest.name()));
            assertThat(people.requests()).hasSize(2);
            assertThat(people.requests().get(0)).startsWith("/ping/start ");
            assertThat(people.requests().get(1)).startsWith("/ping ").contains(guest.name());

            // Java's own authorities are there. Ours is not among them.
            CommandRun untrusting = job(config, "untrusting");
            assertThat(untrusting.err()).contains("warning: ", "unable to find valid certification path");
            assertThat(untrusting.exitCode()).isEqualTo(4);
            assertThat(people.requests()).hasSize(2);
        }
    }

    private CommandRun job(Path config, String job) {
        return Shell.run(
                folder,
                Map.of(),
                List.of(
                        folder.resolve("bin/virtwire").toString(),
                        "run",
                        "--quiet",
                        "--config",
                        config.toString(),
                        job));
    }

    @Test
    void systemdRunsTheUnitOfTheDeb(Libvirtd libvirtd) throws Exception {
        Path deb = Packages.make("deb", Packages.THEN);
        try (FreshDebian debian = FreshDebian.with("trixie", "systemd", "default-jre-headless");
                Guest quick = guest(libvirtd, "quick", 4);
                Guest slow = guest(libvirtd, "slow", 64)) {
            debian.put(deb);
            debian.output("dpkg --install /root/" + deb.getFileName());
            configure(
                    debian.root().resolve("etc/virtwire"),
                    notifications("/etc/virtwire/ca.pem", "credential: smtp")
                            + """
                    repositories: {main: {folder: /backups}}
                    hosts: {here: {uri: "qemu:///system"}}
                    jobs:
                      nightly:
                        repository: main
                        hosts: here
                        guests: {names: %s}
                        scratch: %s
                        hooks: {after-guest: "touch /srv/hook && touch /etc/hook"}
                        writable: /srv
                        notify: [admins, dead-man]
                        schedule: "*-*-* 03:00:00"
                      slow:
                        repository: main
                        hosts: here
                        guests: {names: %s}
                        scratch: %s
                        bandwidth: 1M
                        hooks: {after: "echo $VIRTWIRE_OUTCOME > /srv/outcome"}
                        writable: /srv
                        notify: [admins]
                        on-failure: alarm.service
                    """.formatted(quick.name(), scratch, slow.name(), scratch));
            Files.writeString(debian.root().resolve("etc/systemd/system/alarm.service"), """
                    [Service]
                    Type=oneshot
                    ExecStart=touch /srv/alarm
                    """);
            try (BootedDebian booted = BootedDebian.of(
                    debian, Map.of("/run/libvirt", libvirtd.socket().getParent(), scratch.toString(), scratch))) {
                booted.output("virtwire job install nightly slow");
                assertThat(booted.output("systemctl is-enabled virtwire@nightly.timer"))
                        .isEqualTo("enabled\n");
                assertThat(booted.output("systemctl list-timers --no-pager virtwire@nightly.timer"))
                        .contains(" 03:00:00 ");
                runsInItsSandbox(debian, booted, quick);
                isClearedUpAfterAKill(debian, booted, libvirtd, slow);
            }
        }
    }

    private void runsInItsSandbox(FreshDebian debian, BootedDebian booted, Guest quick) {
        // The hook may write where the job says so, and nowhere else: that is a warning, and no failure.
        booted.output("systemctl start virtwire@nightly.service");
        assertThat(booted.output("systemctl show --property Result,ExecMainStatus virtwire@nightly.service"))
                .contains("Result=success\n", "ExecMainStatus=4\n");
        assertThat(debian.root().resolve("srv/hook")).exists();
        assertThat(debian.root().resolve("etc/hook")).doesNotExist();
        assertThat(booted.output("virtwire verify /backups " + quick.name())).startsWith("intact: 1 point");
        assertThat(people.mails())
                .as(booted.journal())
                .singleElement()
                .satisfies(
                        mail -> assertThat(mail).contains("Subject: virtwire: job nightly", "Read-only file system"));
        assertThat(people.requests()).hasSize(2);
    }

    private void isClearedUpAfterAKill(FreshDebian debian, BootedDebian booted, Libvirtd libvirtd, Guest slow)
            throws IOException {
        booted.output("systemctl start --no-block virtwire@slow.service");
        try (Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
            Domain domain = libvirt.domain(slow.name()).join();
            await().atMost(SOON).until(() -> domain.activeBackup().join().isPresent());
            booted.output("systemctl kill --kill-whom=main --signal KILL virtwire@slow.service");
            await().atMost(SOON).until(() -> Files.exists(debian.root().resolve("srv/alarm")));
            assertThat(domain.activeBackup().join()).isEmpty();
        }
        assertThat(booted.output("systemctl show --property Result virtwire@slow.service"))
                .isEqualTo("Result=signal\n");
        assertThat(debian.root().resolve("srv/outcome")).hasContent("killed");
        assertThat(people.mails()).as(booted.journal()).hasSize(2);
        assertThat(people.mails().get(1)).contains("job slow", "was killed");
    }
}
