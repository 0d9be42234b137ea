// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.ConfigurationException;
import dev.virtwire.client.internal.config.Surroundings;
import dev.virtwire.ssh.OpenSsh;
import dev.virtwire.ssh.TableRow;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Reads ssh's configuration beside OpenSSH itself: {@code ssh -G} tells what comes of it, and {@code ssh -v} which
 * files of keys and certificates that means.
 */
@Timeout(60)
class SshReadingIT {
    private static final String HOSTS = """
            127.0.0.1 localhost
            10.0.0.1 web1.lab.test web1.lab.test. web1
            10.0.0.2 db.other.test db.other.test.
            10.0.0.3 a.b.lab.test a.b.lab.test.
            10.0.0.4 real.lab.test real.lab.test. nick.lab.test nick.lab.test.
            """;
    private static final String REFUSED = "refused";

    @TempDir
    private static Path folder;

    private static OpenSsh ssh;

    @BeforeAll
    static void prepare() throws Exception {
        ssh = new OpenSsh(folder, HOSTS);
        writeFiles();
    }

    @AfterAll
    static void end() throws Exception {
        ssh.close();
    }

    private static Stream<TableRow> rows() {
        return TableRow.of("readings.txt").stream();
    }

    @ParameterizedTest
    @MethodSource("rows")
    void readsWhatSshReads(TableRow row) throws Exception {
        String[] config = row.columns().get(1).replace(" ; ", "\n").split("SYSTEM:", 2);
        Path file = Files.writeString(ssh.userFolder().resolve("config"), config[0] + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        Files.writeString(ssh.systemFolder().resolve("ssh_config"), config.length > 1 ? config[1] + "\n" : "");
        Map<String, String> variables = Map.of(
                "HOME",
                ssh.home().toString(),
                "MY_VAR",
                "/srv/keys",
                "MY_SOCK",
                "/run/my",
                "SSH_AUTH_SOCK",
                "/run/agent");
        boolean usualKeys = !row.columns().get(1).toLowerCase(Locale.ROOT).contains("identityfile")
                && row.deviation().isEmpty();
        Map<String, Object> theirs = theirs(variables, row.columns().get(0));
        Map<String, Object> ours = ours(variables, row.columns().get(0));
        if (usualKeys) {
            theirs.remove("keys");
            ours.remove("keys");
        }
        if (row.deviation().isEmpty()) {
            assertThat(ours).isEqualTo(theirs);
        } else {
            assertThat(ours).as("no longer a deviation").isNotEqualTo(theirs);
        }
    }

    private static void writeFiles() throws Exception {
        Path user = ssh.userFolder();
        Files.createDirectories(user.resolve("inc"));
        Files.createDirectories(user.resolve("conf.d/deep"));
        Files.createDirectories(ssh.home().resolve("other"));
        Map<Path, String> files = new HashMap<>();
        files.put(user.resolve("inc/a.conf"), "User a\n");
        files.put(user.resolve("inc/b.conf"), "User b\nPort 2222\n");
        files.put(user.resolve("inc/host.conf"), "Host web1\nUser inhost\nHost other\nUser notme\n");
        files.put(user.resolve("inc/match.conf"), "Match originalhost other\nUser notme\n");
        files.put(user.resolve("inc/nested.conf"), "Include inc/a.conf\n");
        files.put(user.resolve("inc/loop.conf"), "Include inc/loop.conf\n");
        files.put(user.resolve("inc/sp ace.conf"), "User space\n");
        files.put(user.resolve("inc/final.conf"), "Match final\nUser finally\n");
        files.put(user.resolve("conf.d/10-x.conf"), "Port 1010\n");
        files.put(user.resolve("conf.d/20-y.conf"), "Port 2020\nUser y\n");
        files.put(user.resolve("conf.d/.hidden.conf"), "User hidden\n");
        files.put(user.resolve("conf.d/deep/d.conf"), "User deep\n");
        files.put(ssh.home().resolve("other/rel.conf"), "Include inc/a.conf\n");
        files.put(ssh.systemFolder().resolve("sys.conf"), "User sys\n");
        for (Map.Entry<Path, String> entry : files.entrySet()) {
            Files.writeString(entry.getKey(), entry.getValue());
            Files.setPosixFilePermissions(entry.getKey(), PosixFilePermissions.fromString("rw-r--r--"));
        }
        Path open = Files.writeString(user.resolve("inc/open.conf"), "User open\n");
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-rw-rw-"));
    }

    private static Map<String, Object> ours(Map<String, String> variables, String destination) {
        String[] words = destination.split(" -p ");
        int at = words[0].lastIndexOf('@');
        SshRoute.Wishes wishes = new SshRoute.Wishes(
                words[0].substring(at + 1),
                words.length > 1 ? Integer.parseInt(words[1]) : -1,
                at < 0 ? Optional.empty() : Optional.of(words[0].substring(0, at)),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of());
        List<String> names = HOSTS.lines()
                .flatMap(line -> Arrays.stream(line.split(" ")).skip(1))
                .toList();
        List<SshHost> route;
        try {
            route = SshRoute.to(
                    wishes,
                    Surroundings.with(variables),
                    new SshRoute.Machine(ssh.systemFolder(), names::contains),
                    notice -> {});
        } catch (ConfigurationException e) {
            return new TreeMap<>(Map.of(REFUSED, true));
        }
        SshHost host = route.get(route.size() - 1);
        Map<String, Object> told = new TreeMap<>();
        told.put("user", host.user());
        told.put("host", host.address());
        told.put("port", host.port());
        told.put("alias", host.keyAlias().orElse(""));
        told.put("own hosts", host.ownKnownHosts());
        told.put("system's hosts", host.otherKnownHosts());
        told.put("revoked", host.revokedKeys().map(Path::toString).orElse(""));
        told.put("agent", host.agent().map(Path::toString).orElse(""));
        told.put("keys only", host.keysOnly());
        told.put("trusts first", host.hostKeys() == HostKeyRule.FIRST);
        told.put("keys", host.keys());
        told.put("certificates", host.certificates());
        told.put(
                "methods",
                host.methods().stream()
                        .filter(method -> method != LoginMethod.AGENT)
                        .map(method -> method == LoginMethod.PRIVKEY ? "publickey" : method.uriName())
                        .toList());
        told.put(
                "jumps",
                route.subList(0, route.size() - 1).stream()
                        .map(jump -> "%s@%s:%d".formatted(jump.user(), jump.address(), jump.port()))
                        .toList());
        return told;
    }

    private static Map<String, Object> theirs(Map<String, String> variables, String destination) throws Exception {
        List<String> target = target(destination);
        OpenSsh.Result dump = ssh.run(variables, command(List.of("-G"), target));
        if (dump.exit() != 0) {
            return new TreeMap<>(Map.of(REFUSED, true));
        }
        Map<String, List<String>> said = settings(dump.output());
        OpenSsh.Result run = ssh.run(
                variables,
                command(List.of("-v", "-o", "BatchMode=yes", "-o", "ProxyCommand=head -n 1 > /dev/null"), target));
        if (!run.errors().contains("Local version string")) {
            return new TreeMap<>(Map.of(REFUSED, true));
        }
        Map<String, Object> told = new TreeMap<>();
        told.put("user", one(said, "user"));
        told.put("host", one(said, "hostname"));
        told.put("port", Integer.parseInt(one(said, "port")));
        told.put("alias", one(said, "hostkeyalias"));
        told.put("own hosts", files(one(said, "userknownhostsfile")));
        told.put("system's hosts", files(one(said, "globalknownhostsfile")));
        told.put("revoked", one(said, "revokedhostkeys").equals("none") ? "" : one(said, "revokedhostkeys"));
        told.put("agent", agent(one(said, "identityagent"), variables));
        told.put("keys only", one(said, "identitiesonly").equals("yes"));
        told.put(
                "trusts first",
                List.of("false", "no", "off", "accept-new").contains(one(said, "stricthostkeychecking")));
        told.put("keys", named(run.errors(), "identity file "));
        told.put("certificates", named(run.errors(), "certificate file "));
        told.put("methods", methods(said));
        told.put("jumps", jumps(variables, said, one(said, "proxyjump")));
        return told;
    }

    private static List<String> target(String destination) {
        String[] words = destination.split(" -p ");
        return words.length > 1 ? List.of("-p", words[1], words[0]) : List.of(words[0]);
    }

    private static List<String> command(List<String> options, List<String> target) {
        List<String> command = new ArrayList<>(List.of("ssh"));
        command.addAll(options);
        command.addAll(target);
        command.add("true");
        return command;
    }

    private static Map<String, List<String>> settings(String output) {
        return output.lines()
                .map(line -> line.split(" ", 2))
                .collect(Collectors.groupingBy(
                        words -> words[0],
                        Collectors.mapping(words -> words.length > 1 ? words[1] : "", Collectors.toList())));
    }

    private static String one(Map<String, List<String>> said, String name) {
        return said.getOrDefault(name, List.of("")).get(0);
    }

    private static List<Path> files(String names) {
        return Arrays.stream(names.split(" "))
                .filter(name -> !name.isEmpty() && !name.equals("none"))
                .map(name -> name.startsWith("~/") ? ssh.home() + name.substring(1) : name)
                .map(name -> name.startsWith("/etc/ssh/")
                        ? ssh.systemFolder().resolve(name.substring("/etc/ssh/".length()))
                        : Path.of(name))
                .toList();
    }

    private static String agent(String said, Map<String, String> variables) {
        if (said.isEmpty() || said.equals("SSH_AUTH_SOCK")) {
            return variables.get("SSH_AUTH_SOCK");
        }
        if (said.startsWith("$") && !said.startsWith("${")) {
            return variables.getOrDefault(said.substring(1), "");
        }
        return said.equals("none") ? "" : said;
    }

    /** Beside each file of a key ssh looks for a certificate, which says nothing of the configuration. */
    private static List<Path> named(String errors, String what) {
        List<Path> files = new ArrayList<>();
        errors.lines().filter(line -> line.startsWith("debug1: " + what)).forEach(line -> {
            String file = line.substring(("debug1: " + what).length(), line.lastIndexOf(" type "));
            Path path = Path.of(file);
            if (files.isEmpty() || !path.equals(Path.of(files.get(files.size() - 1) + "-cert"))) {
                files.add(path);
            }
        });
        return files;
    }

    private static List<String> methods(Map<String, List<String>> said) {
        String preferred = one(said, "preferredauthentications");
        return Arrays.stream((preferred.isEmpty() ? "publickey,keyboard-interactive,password" : preferred).split(","))
                .filter(method -> switch (method) {
                    case "publickey" -> !List.of("no", "false").contains(one(said, "pubkeyauthentication"));
                    case "password" -> one(said, "passwordauthentication").equals("yes");
                    case "keyboard-interactive" ->
                        one(said, "kbdinteractiveauthentication").equals("yes");
                    default -> false;
                })
                .distinct()
                .toList();
    }

    /** ssh runs itself for each, so each is asked for what it makes of that. */
    private static List<String> jumps(Map<String, String> variables, Map<String, List<String>> said, String jumps)
            throws Exception {
        List<String> way = new ArrayList<>();
        if (jumps.isEmpty() || jumps.equals("none")) {
            return way;
        }
        for (String jump : jumps.split(",")) {
            String text = jump.replace("%h", one(said, "hostname"))
                    .replace("%p", one(said, "port"))
                    .replace("%r", one(said, "user"))
                    .replace("%n", one(said, "host"))
                    .replaceFirst("^ssh://", "");
            // An address of IPv6 stands in brackets before its port.
            String destination = text.replaceFirst(":([0-9]+)$", " -p $1").replaceAll("[\\[\\]]", "");
            OpenSsh.Result dump = ssh.run(variables, command(List.of("-G"), target(destination)));
            assertThat(dump.exit()).as("%s: %s", jump, dump.errors()).isZero();
            Map<String, List<String>> hop = settings(dump.output());
            if (way.isEmpty()) {
                way.addAll(jumps(variables, hop, one(hop, "proxyjump")));
            }
            way.add("%s@%s:%s".formatted(one(hop, "user"), one(hop, "hostname"), one(hop, "port")));
        }
        return way;
    }
}
