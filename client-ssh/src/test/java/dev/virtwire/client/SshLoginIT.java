// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.internal.config.LibvirtConf;
import dev.virtwire.client.internal.config.Surroundings;
import dev.virtwire.client.internal.transport.EventLoops;
import dev.virtwire.client.internal.transport.Transports;
import dev.virtwire.ssh.OpenSsh;
import dev.virtwire.ssh.TableRow;
import dev.virtwire.testkit.PrivateLibvirtd;
import dev.virtwire.testkit.PrivateSshd;
import io.netty.channel.Channel;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Logs in beside {@code ssh -o BatchMode=yes HOST true}: with keys, certificates, agents and known hosts of all kinds.
 */
@Timeout(120)
class SshLoginIT {
    /** Each may log in at the server {@code plain} by its own key. */
    private static final List<String> AUTHORIZED = List.of("k", "k2", "e", "r", "ec", "pem", "stash/kp", "stash/r2");

    private static final List<String> FOREIGN = List.of("x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8");

    private static final Map<String, PrivateSshd> SERVERS = new HashMap<>();

    @TempDir
    private static Path folder;

    private static PrivateLibvirtd libvirtd;
    private static OpenSsh ssh;

    /** All of them in the profile {@code matrix}, and else a sample from all parts of the table. */
    private static Stream<TableRow> rows() {
        List<TableRow> all = TableRow.of("logins.txt");
        int every = Integer.getInteger("logins.every", 1);
        return IntStream.range(0, all.size()).filter(row -> row % every == 0).mapToObj(all::get);
    }

    @BeforeAll
    static void start() throws Exception {
        libvirtd = PrivateLibvirtd.start();
        ssh = new OpenSsh(folder, "127.0.0.1 localhost\n");
        Files.writeString(ssh.systemFolder().resolve("ssh_config"), "");
        Files.createDirectories(file("stash"));
        for (String key : AUTHORIZED) {
            switch (key) {
                case "e" -> generate(key, "-t", "ed25519", "-N", "secret");
                case "r", "stash/r2" -> generate(key, "-t", "rsa", "-N", "");
                case "ec" -> generate(key, "-t", "ecdsa", "-N", "");
                case "pem" -> {
                    generate(key, "-t", "rsa", "-m", "PEM", "-N", "");
                    Files.move(file("pem.pub"), file("stash/pem.pub"));
                }
                default -> generate(key, "-t", "ed25519", "-N", "");
            }
        }
        for (String key : FOREIGN) {
            generate(key, "-t", "ed25519", "-N", "");
        }
        for (String key : List.of("c", "d", "old", "ce", "stash/ca", "stash/ca2", "stash/cp")) {
            generate(key, "-t", "ed25519", "-N", key.equals("ce") ? "secret" : "");
        }
        for (String key : List.of("cr", "stash/rca")) {
            generate(key, "-t", "rsa", "-N", "");
        }
        generate("cec", "-t", "ecdsa", "-N", "");
        for (String key : List.of("c", "cr", "cec", "ce", "stash/cp")) {
            sign("stash/ca", key, "-n", "root");
        }
        sign("stash/ca", "old", "-n", "root", "-V", "20200101:20200102");
        // The certificate of d stands elsewhere.
        sign("stash/ca", "d", "-n", "root");
        Files.move(file("d-cert.pub"), file("elsewhere.pub"));
        Files.copy(file("stash/kp.pub"), file("kp.pub"));
        Files.copy(file("stash/r2.pub"), file("r2.pub"));
        Files.copy(file("stash/cp.pub"), file("cp.pub"));
        Files.copy(file("stash/cp-cert.pub"), file("cp-cert.pub"));
        startServers();
    }

    private static void startServers() throws Exception {
        Path files = Files.createDirectory(libvirtd.directory().resolve("disks/servers"));
        Path ca = Files.copy(file("stash/ca.pub"), files.resolve("ca.pub"));
        SERVERS.put("plain", PrivateSshd.builder(libvirtd).start());
        authorize(SERVERS.get("plain"), AUTHORIZED);
        SERVERS.put(
                "ca",
                PrivateSshd.builder(libvirtd)
                        .line("TrustedUserCAKeys " + ca)
                        .line("AuthorizedKeysFile none")
                        .start());
        SERVERS.put(
                "two",
                PrivateSshd.builder(libvirtd)
                        .line("AuthenticationMethods publickey,publickey")
                        .start());
        authorize(SERVERS.get("two"), AUTHORIZED);
        for (String[] host : new String[][] {
            {"named", "ed25519", "stash/ca", "127.0.0.1", "+1d"},
            {"alias", "ed25519", "stash/ca", "lab-kvm", "+1d"},
            {"pattern", "ed25519", "stash/ca", "*.0.0.1,other", "+1d"},
            {"nameless", "ed25519", "stash/ca", "", "+1d"},
            {"expired", "ed25519", "stash/ca", "127.0.0.1", "20200101:20200102"},
            {"future", "ed25519", "stash/ca", "127.0.0.1", "20400101:20400102"},
            {"rsa", "rsa", "stash/rca", "127.0.0.1", "+1d"},
            {"ecdsa", "ecdsa", "stash/rca", "127.0.0.1", "+1d"},
        }) {
            SERVERS.put(host[0], certified(files, host));
            authorize(SERVERS.get(host[0]), AUTHORIZED);
        }
    }

    private static PrivateSshd certified(Path files, String[] host) throws Exception {
        Path key = files.resolve(host[0]);
        run("ssh-keygen", "-q", "-t", host[1], "-N", "", "-f", key.toString());
        List<String> command = new ArrayList<>(
                List.of("ssh-keygen", "-q", "-h", "-s", file(host[2]).toString(), "-I", host[0], "-V", host[4]));
        if (!host[3].isEmpty()) {
            command.addAll(List.of("-n", host[3]));
        }
        command.add(key + ".pub");
        run(command.toArray(String[]::new));
        return PrivateSshd.builder(libvirtd)
                .line("HostKey " + key)
                .line("HostCertificate " + key + "-cert.pub")
                .hostKey(host[1].equals("ecdsa") ? "rsa" : "ecdsa")
                .start();
    }

    @AfterAll
    static void stop() throws Exception {
        ssh.close();
        SERVERS.values().forEach(PrivateSshd::close);
        libvirtd.close();
    }

    @ParameterizedTest
    @MethodSource("rows")
    void logsInWhereSshDoes(TableRow row) throws Exception {
        String who = row.columns().get(0);
        PrivateSshd server = SERVERS.get(row.columns().get(1));
        String known = known(row.columns().get(2), server);
        Files.writeString(file("known_hosts"), known);
        Files.writeString(file("revoked"), hostKey(server) + "\n");
        Files.copy(file("stash/ca.pub"), file("revoked-ca"), StandardCopyOption.REPLACE_EXISTING);
        String config = "Host h\nHostName 127.0.0.1\nPort %d\nUser root\nGlobalKnownHostsFile /dev/null\n%s\n"
                .formatted(
                        server.port(),
                        row.columns()
                                .get(4)
                                .replace(" ; ", "\n")
                                .replace("DIR", ssh.userFolder().toString()));
        Files.writeString(file("config"), config);
        Files.setPosixFilePermissions(file("config"), PosixFilePermissions.fromString("rw-------"));
        try (Agent agent = Agent.of(row.columns().get(3), folder)) {
            Map<String, String> variables =
                    new HashMap<>(Map.of("HOME", ssh.home().toString()));
            agent.socket().ifPresent(socket -> variables.put("SSH_AUTH_SOCK", socket.toString()));
            OpenSsh.Result theirs = ssh.run(variables, List.of("ssh", "-v", "-o", "BatchMode=yes", "h", "true"));
            // What ssh has learnt, we shall learn again.
            Files.writeString(file("known_hosts"), known);
            String ours = ours(variables);
            String is = theirs.exit() == 0 ? (ours.isEmpty() ? "both" : "ssh") : ours.isEmpty() ? "we" : "neither";
            assertThat(is).as("ours: %s\nssh: %s", ours, theirs.errors()).isEqualTo(who);
            assertThat(row.deviation().isPresent())
                    .as("who differs says why")
                    .isEqualTo(who.equals("ssh") || who.equals("we"));
        }
    }

    /** Why we do not come in; nothing if we do. */
    private static String ours(Map<String, String> variables) throws Exception {
        Surroundings surroundings = Surroundings.with(variables);
        var group = EventLoops.acquire();
        try {
            Channel channel = Transports.of(
                            LibvirtUri.parse("qemu+ssh://h/system"),
                            ConnectOptions.defaults(),
                            surroundings,
                            LibvirtConf.load(surroundings))
                    .open(group)
                    .get(60, TimeUnit.SECONDS);
            channel.close().sync();
            return "";
        } catch (ExecutionException e) {
            assertThat(e.getCause()).isInstanceOf(LibvirtException.class);
            return String.valueOf(e.getCause().getMessage());
        } catch (ConfigurationException e) {
            return String.valueOf(e.getMessage());
        } finally {
            EventLoops.release();
        }
    }

    /** An agent of OpenSSH's, or something that takes its place. */
    private interface Agent extends AutoCloseable {
        Optional<Path> socket();

        @Override
        void close() throws IOException;

        static Agent of(String text, Path folder) throws Exception {
            String kind = text.contains(":") ? text.substring(0, text.indexOf(':')) : "";
            List<String> keys = List.of(text.substring(text.indexOf(':') + 1).split(","));
            Path socket = Files.createTempDirectory(folder, "agent").resolve("s");
            return switch (text) {
                case "-" -> new None(Optional.empty());
                case "missing" -> new None(Optional.of(socket));
                case "hangs-up", "babbles", "fails", "no-list" -> new Fake(socket, text);
                default -> new Real(socket, kind, keys);
            };
        }
    }

    private record None(Optional<Path> socket) implements Agent {
        @Override
        public void close() {}
    }

    private static final class Real implements Agent {
        private final Path path;
        private final Process process;

        Real(Path path, String kind, List<String> keys) throws Exception {
            this.path = path;
            process = new ProcessBuilder("ssh-agent", "-D", "-a", path.toString())
                    .redirectErrorStream(true)
                    .start();
            process.inputReader().readLine();
            for (String key : keys.get(0).equals("all") ? FOREIGN : keys) {
                String name = key.equals("foreign") ? FOREIGN.get(0) : key;
                // "refuses" asks for a confirmation that nobody gives; a key whose passphrase is asked for is given it.
                List<String> command = new ArrayList<>(List.of(
                        "env",
                        "SSH_AUTH_SOCK=" + path,
                        "SSH_ASKPASS_REQUIRE=force",
                        "SSH_ASKPASS=" + folder.resolve("askpass"),
                        "ssh-add",
                        "-q"));
                if (kind.equals("refuses")) {
                    command.add("-c");
                }
                if (kind.equals("without-certificates")) {
                    command.add("-k");
                }
                command.add(file(name).toString());
                Files.writeString(folder.resolve("askpass"), "#!/bin/sh\necho secret\n");
                Files.setPosixFilePermissions(folder.resolve("askpass"), PosixFilePermissions.fromString("rwx------"));
                run(command.toArray(String[]::new));
            }
            if (kind.equals("locked")) {
                run(
                        "env",
                        "SSH_AUTH_SOCK=" + path,
                        "SSH_ASKPASS_REQUIRE=force",
                        "SSH_ASKPASS=" + folder.resolve("askpass"),
                        "ssh-add",
                        "-q",
                        "-x");
            }
        }

        @Override
        public Optional<Path> socket() {
            return Optional.of(path);
        }

        @Override
        public void close() {
            process.destroy();
            process.onExit().join();
        }
    }

    /** What a real one cannot be made to do. */
    private static final class Fake implements Agent {
        private final Path path;
        private final ServerSocketChannel listener;

        Fake(Path path, String what) throws IOException {
            this.path = path;
            listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            listener.bind(UnixDomainSocketAddress.of(path));
            byte[] answer =
                    switch (what) {
                        case "babbles" -> new byte[] {0, 0, 0, 9, 12, 0, 0, 0, 7, 1, 2, 3, 4};
                        case "fails" -> new byte[] {0, 0, 0, 1, 5};
                        case "no-list" -> new byte[] {0x7f, 0, 0, 0, 0};
                        default -> new byte[0];
                    };
            Thread server = new Thread(() -> serve(answer), "fake agent");
            server.setDaemon(true);
            server.start();
        }

        private void serve(byte[] answer) {
            try {
                while (true) {
                    serve(listener.accept(), answer);
                }
            } catch (IOException e) {
                // Closed.
            }
        }

        private static void serve(SocketChannel asking, byte[] answer) {
            try (SocketChannel asked = asking) {
                while (answer.length > 0 && asked.read(ByteBuffer.allocate(1 << 16)) > 0) {
                    asked.write(ByteBuffer.wrap(answer));
                }
            } catch (IOException e) {
                // Whoever asked has gone.
            }
        }

        @Override
        public Optional<Path> socket() {
            return Optional.of(path);
        }

        @Override
        public void close() throws IOException {
            listener.close();
        }
    }

    private static String known(String column, PrivateSshd server) throws Exception {
        if (column.equals("known")) {
            return "[127.0.0.1]:%d %s\n".formatted(server.port(), hostKey(server));
        }
        String host = "[127.0.0.1]:" + server.port();
        Map<String, String> words = Map.of(
                "HASHED", hashed(host),
                "HOST", host,
                "PORT", Integer.toString(server.port()),
                "OURS", hostKey(server),
                "OTHER", publicKey("x1"),
                "RCA", publicKey("stash/rca"),
                "CA2", publicKey("stash/ca2"),
                "CA", publicKey("stash/ca"),
                "NOTHING", "");
        return Pattern.compile("\\b[A-Z][A-Z0-9]+\\b")
                        .matcher(column.replace(" ; ", "\n"))
                        .replaceAll(word -> Matcher.quoteReplacement(words.getOrDefault(word.group(), word.group())))
                + "\n";
    }

    private static String hashed(String host) throws GeneralSecurityException {
        byte[] salt = "twenty bytes of salt".getBytes(StandardCharsets.US_ASCII);
        Mac mac = Mac.getInstance("HmacSHA1");
        mac.init(new SecretKeySpec(salt, "HmacSHA1"));
        Base64.Encoder encoder = Base64.getEncoder();
        return "|1|%s|%s"
                .formatted(
                        encoder.encodeToString(salt),
                        encoder.encodeToString(mac.doFinal(host.getBytes(StandardCharsets.UTF_8))));
    }

    /** The first that its configuration names. */
    private static String hostKey(PrivateSshd server) throws IOException {
        String configuration = Files.readString(server.directory().resolve("sshd_config"));
        String key = configuration
                .lines()
                .filter(line -> line.startsWith("HostKey "))
                .findFirst()
                .orElseThrow()
                .substring("HostKey ".length());
        return words(Files.readString(Path.of(key + ".pub")));
    }

    private static String publicKey(String name) throws IOException {
        return words(Files.readString(file(name + ".pub")));
    }

    private static String words(String line) {
        String[] words = line.split(" ");
        return words[0] + " " + words[1].strip();
    }

    private static void authorize(PrivateSshd server, List<String> keys) throws IOException {
        for (String key : keys) {
            Path file = key.equals("pem") ? file("stash/pem.pub") : file(key + ".pub");
            Files.writeString(server.authorizedKeys(), Files.readString(file), StandardOpenOption.APPEND);
        }
    }

    private static Path file(String name) {
        return ssh.userFolder().resolve(name);
    }

    private static void generate(String key, String... options) throws Exception {
        List<String> command =
                new ArrayList<>(List.of("ssh-keygen", "-q", "-f", file(key).toString()));
        command.addAll(List.of(options));
        run(command.toArray(String[]::new));
    }

    private static void sign(String ca, String key, String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of("ssh-keygen", "-q", "-s", file(ca).toString(), "-I", key));
        command.addAll(List.of(options));
        command.add(file(key + ".pub").toString());
        run(command.toArray(String[]::new));
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }
}
