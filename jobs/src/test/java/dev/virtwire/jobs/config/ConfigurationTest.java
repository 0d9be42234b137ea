// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigurationTest {
    private static final String SMALL = """
            repositories:
              main: {folder: /backups}
            hosts:
              here: {uri: "qemu:///system"}
            jobs:
              nightly:
                repository: main
                hosts: here
                guests: {all: true}
            """;

    @TempDir
    Path folder;

    private Configuration read(String text) throws Exception {
        return Configuration.read(Files.writeString(folder.resolve("config.yaml"), text));
    }

    private List<String> mistakes(String text) throws Exception {
        Path file = Files.writeString(folder.resolve("config.yaml"), text);
        ConfigurationException failure =
                catchThrowableOfType(ConfigurationException.class, () -> Configuration.check(file));
        assertThat(failure).as("mistakes in: %s", text).isNotNull();
        assertThat(failure.problems()).allMatch(problem -> problem.file().equals(file));
        return failure.problems().stream()
                .map(problem -> problem.line() + ":" + problem.column() + ": " + problem.message())
                .toList();
    }

    @Test
    void theLeastThatAJobNeedsIsEnough() throws Exception {
        JobSettings job = read(SMALL).job("nightly");
        assertThat(job.guests().all()).isTrue();
        assertThat(job.keep()).isNull();
        assertThat(job.verify()).isNull();
        assertThat(job.backup().parallel()).isEqualTo(1);
        assertThat(job.notifications()).isEmpty();
        assertThat(job.schedule().calendar()).isEmpty();
    }

    @Test
    void allMistakesAreToldAtOnceInTheirOrderWithTheirPlaces() throws Exception {
        assertThat(mistakes("""
                repositories:
                  main:
                    folder: backups
                    kompress: zstd
                hosts:
                  here: {uri: "qemu+tcp://root:s3cret@kvm1/system"}
                jobs:
                  nightly:
                    repository: mian
                    hosts: [here, there]
                    guests: {}
                    level: ful
                    parallel: 0
                    quiesce: yes
                    bandwidth: 20 elephants
                    keep: {dayly: 7}
                    colour: red
                """))
                .containsExactly(
                        "3:13: 'repositories.main.folder' is a path that begins with '/', and not 'backups'",
                        "4:5: there is no key 'repositories.main.kompress': did you mean 'compress'? Allowed: folder, compress",
                        "6:15: 'hosts.here.uri': URI 'qemu+tcp://root:[password]@kvm1/system': a password in a URI means nothing to libvirt;"
                                + " use auth.conf",
                        "9:17: 'jobs.nightly.repository': there is no repository 'mian': did you mean 'main'? Allowed: main",
                        "10:19: 'jobs.nightly.hosts': there is no host 'there': did you mean 'here'? Allowed: here",
                        "11:5: 'jobs.nightly.guests' chooses no guest: it needs 'all: true', names, patterns or tags",
                        "12:12: 'jobs.nightly.level' cannot be 'ful': did you mean 'full'? Allowed: auto, full, incremental",
                        "13:15: 'jobs.nightly.parallel' is a whole number from 1 to 64, and not '0'",
                        "14:14: 'jobs.nightly.quiesce' is either true or false, and not 'yes'",
                        "15:16: 'jobs.nightly.bandwidth' is a rate in bytes a second, such as 512K or 20M, and not '20 elephants'",
                        "16:5: 'jobs.nightly.keep' needs one of the keys last, hourly, daily, weekly, monthly, yearly and"
                                + " within",
                        "16:12: there is no key 'jobs.nightly.keep.dayly': did you mean 'daily'? Allowed: last, hourly, daily,"
                                + " weekly, monthly, yearly, within, time-zone",
                        "17:5: there is no key 'jobs.nightly.colour': Allowed: repository, hosts, guests, level, compress,"
                                + " bandwidth, parallel, scratch, exclude-disks, quiesce, allow-plain, own-storage, resume, wait,"
                                + " stall-timeout, scratch-limit, media-limit, keep, hooks, verify, max-age, verified-within,"
                                + " notify, schedule, random-delay, on-failure, writable");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | 1:1: it is empty",
                "'- a' | 1:1: it has to consist of keys and their values",
                "'jobs: {a: {}, a: {}}' | 1:15: 'jobs.a' stands here a second time",
                "'jobs: [a]' | 1:7: 'jobs' consists of keys and their values",
                "'state:' | 1:7: 'state' has no value",
                "'stat: /x' | 1:1: there is no key 'stat': did you mean 'state'? Allowed: state, repositories, hosts,"
                        + " notifications, jobs",
                "'hosts: {a b: {uri: x}}' | 1:9: a name has letters, digits, '.', '_' and '-', at most 64, and begins with a"
                        + " letter or digit, unlike 'a b'",
            })
    void eachMistakeHasItsSentence(String text, String mistake) throws Exception {
        assertThat(mistakes(text == null ? "" : text)).contains(mistake);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "repositories: {main: {folder: ''}}",
                "hosts: {here: {uri: ''}}",
                "notifications: {a: {type: ''}}",
                "notifications: {a: {type: textfile, folder: ''}}",
                "notifications: {a: {type: ping, url: ''}}",
                "notifications: {a: {type: mail, server: '', from: a@b, to: c@d}}",
                "notifications: {a: {type: mail, server: b, from: '', to: c@d}}",
                "notifications: {a: {type: mail, server: b, from: a@b, to: ''}}",
            })
    void aKeyThatHasToBeThereAndHasNoValueIsToldOnce(String text) throws Exception {
        assertThat(mistakes(text)).singleElement().asString().endsWith("' has no value");
    }

    /** As on the command line. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'keep: {within: 60m}' | is a time in hours, days or weeks, such as 36h, 14d or 8w, and not '60m'",
                "'max-age: 0s' | is a time such as 90s, 10m, 2h, 8d or 2w, and not '0s'",
                "'media-limit: 9E' | is a size in bytes, such as 512M or 20G, and not '9E'",
                "'bandwidth: 0' | is from 1 byte to 8 EiB a second, and not '0'",
            })
    void anAmountThatMakesNoSenseIsRefused(String line, String mistake) throws Exception {
        assertThat(mistakes(SMALL + "    " + line + "\n"))
                .singleElement()
                .asString()
                .endsWith(mistake);
    }

    /** Else a job could back up nothing, or tell nobody, and all would seem well. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "    hosts: []",
                "    guests: {patterns: []}",
                "    guests: {all: true, exclude: []}",
                "    hooks: {before: []}",
                "    notify: []",
                "notifications: {a: {type: mail, server: s, from: a@b.c, to: []}}",
                "notifications: {a: {type: webhook, url: {command: []}}}",
            })
    void anEmptyListIsAMistake(String line) throws Exception {
        String key = line.substring(0, line.indexOf(':') + 1);
        String others = SMALL.lines()
                .filter(each -> !each.startsWith(key) || each.startsWith("hosts"))
                .collect(Collectors.joining("\n"));
        assertThat(mistakes(others + "\n" + line))
                .anyMatch(mistake -> mistake.endsWith("is an empty list: leave the key out, or put something into it"));
    }

    @Test
    void aFileThatIsNestedTooDeepHasItsPlace() throws Exception {
        assertThat(mistakes("jobs: " + "[".repeat(200_000)))
                .containsExactly("1:38: it is no YAML: lists and sections are nested more than 32 deep");
        assertThat(mistakes("{a: ".repeat(100_000))).singleElement().asString().contains("nested more than 32 deep");
        assertThat(mistakes("jobs: " + "[".repeat(31) + "]".repeat(31)))
                .containsExactly("1:7: 'jobs' consists of keys and their values");
    }

    @Test
    void whatIsNoYamlHasAPlaceToo() throws Exception {
        assertThat(mistakes("jobs:\n  a: [1, 2\n")).singleElement().asString().startsWith("3:1: it is no YAML: ");
        assertThat(mistakes("a: &x [*x]")).isNotEmpty();
    }

    @Test
    void aLiteralSecretIsRefusedAndNotRepeated() throws Exception {
        List<String> mistakes = mistakes(SMALL + """
                notifications:
                  admins: {type: mail, server: smtp, from: a@b.c, to: d@e.f, user: me, password: s3cret}
                """);
        assertThat(mistakes)
                .singleElement()
                .asString()
                .contains("'notifications.admins.password' is a secret, and a secret never stands in this file: write"
                        + " 'file: PATH', 'command: PROGRAM' or 'credential: NAME' below it")
                .doesNotContain("s3cret");
    }

    @Test
    void asAreAnAddressWithAPasswordAndAHeaderThatAuthorizes() throws Exception {
        assertThat(mistakes(SMALL + """
                notifications:
                  hook:
                    type: webhook
                    url: https://me:s3cret@example.org/
                    headers: {authorization: s3cret}
                """)).hasSize(2).noneMatch(mistake -> mistake.contains("s3cret"));
    }

    @Test
    void aSecretFileThatOthersMayReadIsRefused() throws Exception {
        Path secret = Files.writeString(folder.resolve("secret"), "s3cret\n");
        String text = SMALL + """
                notifications:
                  hook: {type: webhook, url: "https://example.org/", token: {file: %s}}
                """.formatted(secret);
        for (String open : List.of("rw-r-----", "rw----r--", "rw-----w-")) {
            Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString(open));
            assertThat(mistakes(text))
                    .containsExactly("11:68: others may read or write secret file " + secret + ": chmod 600 it");
            assertThatThrownBy(() -> new Secret.OfFile(secret).read(Map.of()))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageNotContaining("s3cret");
        }
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
        read(text);
        assertThat(new Secret.OfFile(secret).read(Map.of())).isEqualTo("s3cret");
        Files.delete(secret);
        assertThat(mistakes(text)).containsExactly("11:68: there is no secret file " + secret);
    }

    /** Else a secret that is gone would end the backups of all jobs, and nobody would be told. */
    @Test
    void aRunDoesNotLookAtFilesThatOnlyThoseNeedWhoAreTold() throws Exception {
        String text = SMALL + """
                notifications:
                  admins: {type: mail, server: smtp, from: a@b.c, to: d@e.f, ca: /no/such/ca,
                    user: me, password: {file: /no/such/password}}
                """;
        assertThat(mistakes(text))
                .containsExactly(
                        "11:66: 'notifications.admins.ca': there is no file /no/such/ca that can be read",
                        "12:32: there is no secret file /no/such/password");
        assertThat(read(text).jobs()).containsKey("nightly");
    }

    @Test
    void secretsComeFromCommandsAndCredentialsToo() throws Exception {
        assertThat(new Secret.OfCommand(List.of("/bin/sh", "-c", "printf 's3cret\\n'")).read(Map.of()))
                .isEqualTo("s3cret");
        assertThatThrownBy(() -> new Secret.OfCommand(List.of("/bin/sh", "-c", "echo s3cret; exit 3")).read(Map.of()))
                .hasMessageContaining("ended with exit code 3")
                .hasMessageNotContaining("s3cret");
        assertThatThrownBy(() -> new Secret.OfCommand(List.of("/no/such")).read(Map.of()))
                .hasMessageContaining("cannot be run: /no/such: no such program");
        Files.writeString(folder.resolve("token"), "s3cret");
        assertThat(new Secret.OfCredential("token").read(Map.of("CREDENTIALS_DIRECTORY", folder.toString())))
                .isEqualTo("s3cret");
        assertThatThrownBy(() -> new Secret.OfCredential("token").read(Map.of()))
                .hasMessageContaining("$CREDENTIALS_DIRECTORY is not set");
    }

    @Test
    void aPasswordIsNotSentInTheClear() throws Exception {
        String text = SMALL + """
                notifications:
                  admins: {type: mail, server: smtp.example.org, security: none, from: a@b.c, to: d@e.f, user: me,
                    password: {credential: x}}
                """;
        assertThat(mistakes(text))
                .singleElement()
                .asString()
                .contains("cannot be 'none' beside a password: whoever listens would learn it");
        assertThat(mistakes(text.replace("smtp.example.org", "127.0.0.1.example.org")))
                .hasSize(1);
        assertThat(mistakes(text.replace("smtp.example.org", "127.mail.example.org")))
                .hasSize(1);
        read(text.replace("smtp.example.org", "127.0.0.1"));
    }

    @Test
    void headersThatJavaSetsItselfAreRefused() throws Exception {
        for (String header : List.of("Host", "content-length", "Connection", "Expect", "Upgrade")) {
            assertThat(mistakes(SMALL + """
                    notifications:
                      hook: {type: webhook, url: "https://example.org/", headers: {%s: s3cret}}
                    """.formatted(header)))
                    .containsExactly("11:63: '" + header + "' cannot be chosen: each request has its own");
        }
        assertThat(mistakes(SMALL + """
                notifications:
                  hook: {type: webhook, url: "https://example.org/", headers: {X-Key: "s3cr\\x01et"}}
                """)).containsExactly("11:63: 'X-Key' has a value that no header can have");
    }

    @Test
    void whatNoServerIsToldIsRefusedInAnAddress() throws Exception {
        assertThat(mistakes(SMALL + """
                notifications:
                  ping: {type: ping, url: "https://example.org/#up", success: "/#done", failure: "/not well"}
                """))
                .containsExactly(
                        "11:27: 'notifications.ping.url': no server is told what stands behind a '#': leave it out",
                        "11:63: 'notifications.ping.success' is added to the address, and has only what an address may"
                                + " have, and not '/#done'",
                        "11:82: 'notifications.ping.failure' is added to the address, and has only what an address may"
                                + " have, and not '/not well'");
    }

    @Test
    void theUsersOwnFileComesBeforeThatOfTheMachine() throws Exception {
        Path own = folder.resolve("virtwire/config.yaml");
        Map<String, String> environment = Map.of("XDG_CONFIG_HOME", folder.toString());
        Path named = folder.resolve("other.yaml");
        assertThat(Configuration.find(named, environment)).isEqualTo(named);
        Files.createDirectories(own.getParent());
        Files.writeString(own, SMALL);
        assertThat(Configuration.find(null, environment)).isEqualTo(own);
        Configuration configuration = Configuration.read(own);
        assertThat(configuration.stateFolder(Map.of("STATE_DIRECTORY", "/var/lib/x:/y")))
                .isEqualTo(Path.of("/var/lib/x"));
        assertThat(configuration.stateFolder(Map.of(), false)).isEqualTo(Path.of("/var/lib/virtwire"));
    }

    @Test
    void aUsersJobsRememberInTheUsersFolderWhereverTheirFileLies() {
        Path ofMachine = Path.of("/var/lib/virtwire");
        Map<String, String> environment = Map.of("HOME", "/home/me");
        Configuration other = new Configuration(Path.of("/srv/jobs.yaml"), null, Map.of());
        assertThat(other.stateFolder(environment, false)).isEqualTo(Path.of("/home/me/.local/state/virtwire"));
        assertThat(other.stateFolder(Map.of("XDG_STATE_HOME", "/s"), false)).isEqualTo(Path.of("/s/virtwire"));
        assertThat(other.stateFolder(environment, true)).isEqualTo(ofMachine);
        Configuration machine = new Configuration(Configuration.machine(), null, Map.of());
        assertThat(machine.stateFolder(environment, false)).isEqualTo(ofMachine);
        Configuration chosen = new Configuration(Path.of("/srv/jobs.yaml"), Path.of("/chosen"), Map.of());
        assertThat(chosen.stateFolder(environment)).isEqualTo(Path.of("/chosen"));
    }

    @Test
    void aFileThatOthersMayWriteIsRefused() throws Exception {
        Path file = read(SMALL).file();
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-r--"));
        assertThatThrownBy(() -> Configuration.read(file))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(file + ": others may write it, and its hooks run with your rights: chmod go-w it");
    }

    /** Root gives it to somebody else; who is not root plays somebody else. */
    @Test
    void aFileOrFolderOfSomebodyElseIsRefused() throws Exception {
        Path file = read(SMALL).file();
        int owner = (Integer) Files.getAttribute(file, "unix:uid");
        int other = owner + 12345;
        for (Path each : List.of(file, folder)) {
            FileOwners owners = new FileOwners(other);
            if (owner == 0) {
                owners = new FileOwners(0);
                Files.setAttribute(each, "unix:uid", other);
            }
            FileOwners judge = owners;
            assertThatThrownBy(() -> judge.require(file))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageEndingWith(": it belongs to the user with number " + (owner == 0 ? other : owner)
                            + ", and hooks run with your rights: chown it to yourself or to root");
            if (owner == 0) {
                Files.setAttribute(each, "unix:uid", 0);
            }
        }
        new FileOwners(owner).require(file);
    }

    @Test
    void aFolderWhereOthersMayPutAnotherFileIsRefused() throws Exception {
        Path file = read(SMALL).file();
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwx---"));
        assertThatThrownBy(() -> Configuration.read(file))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(folder + ": others may write it, and put another config.yaml into it, whose hooks run with"
                        + " your rights: chmod go-w it");
        Files.setAttribute(folder, "unix:mode", 0041777);
        assertThat(Configuration.read(file).jobs()).containsKey("nightly");
        Path link = Files.createSymbolicLink(
                Files.createDirectory(folder.resolve("links")).resolve("link.yaml"), file);
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwx---"));
        assertThatThrownBy(() -> Configuration.read(link)).hasMessageStartingWith(folder + ": others may write it");
    }

    @Test
    void anUnknownJobIsNamedWithThoseThatThereAre() throws Exception {
        Configuration configuration = read(SMALL);
        assertThatThrownBy(() -> configuration.job("weekly"))
                .hasMessageEndingWith("there is no job 'weekly' in " + configuration.file() + ", but nightly");
    }
}
