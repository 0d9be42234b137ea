// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh;

import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.CredentialCallback;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.internal.async.SharedPool;
import dev.virtwire.client.internal.async.TrackedFuture;
import dev.virtwire.client.internal.auth.AuthFile;
import dev.virtwire.client.internal.auth.CredentialSource;
import dev.virtwire.client.internal.auth.Protection;
import dev.virtwire.client.internal.config.LibvirtConf;
import dev.virtwire.client.internal.config.Surroundings;
import dev.virtwire.client.internal.transport.ChannelConnector;
import dev.virtwire.client.internal.transport.DaemonMode;
import dev.virtwire.client.internal.transport.HostSockets;
import dev.virtwire.client.internal.transport.Transport;
import dev.virtwire.client.internal.transport.UriParameters;
import dev.virtwire.ssh.internal.route.HostKeyRule;
import dev.virtwire.ssh.internal.route.LoginMethod;
import dev.virtwire.ssh.internal.route.SshHost;
import dev.virtwire.ssh.internal.route.SshRoute;
import dev.virtwire.ssh.internal.session.RemoteCommand;
import dev.virtwire.ssh.internal.session.SshSession;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A command at the host, by ssh, that hands on what it is given to libvirtd's socket there. The transports {@code
 * libssh} and {@code libssh2} are the same: they name libraries of libvirt's.
 */
final class SshTransport implements Transport {
    private static final Set<String> PARAMETERS = Set.of(
            "socket",
            "mode",
            "proxy",
            "netcat",
            "keyfile",
            "sshauth",
            "known_hosts",
            "known_hosts_verify",
            "no_verify",
            "no_tty");

    private static final AuthFile.Found NONE_FOR_JUMPS =
            new AuthFile.Found(Map.of(), "auth.conf is for the host of the URI only");

    private static final String SYSTEM_SOCKETS = "/var/run/libvirt/";

    private final LibvirtUri uri;
    private final UriParameters parameters;
    private final Surroundings surroundings;
    private final boolean readOnly;
    private final Duration timeout;
    private final List<String> passedOver = new ArrayList<>();
    private final Consumer<String> notices;
    private final List<SshHost> route;
    private final SshHost host;
    private final RemoteCommand command;
    private final @Nullable CredentialCallback asked;
    private volatile boolean verified;

    /** For {@code uri}; keys and known hosts are read when the channel is opened. */
    SshTransport(LibvirtUri uri, ConnectOptions options, Surroundings surroundings, LibvirtConf conf) {
        if (uri.parameter("command").isPresent()) {
            throw new UriParameters(uri, uri.parameters().keySet())
                    .invalid("parameter 'command' names a program to use in place of ssh, and this client speaks ssh"
                            + " itself: leave it out");
        }
        this.uri = uri;
        this.parameters = new UriParameters(uri, PARAMETERS);
        this.surroundings = surroundings;
        this.readOnly = options.readOnly();
        this.timeout = options.connectTimeout();
        this.notices = options.notices();
        this.route = SshRoute.to(wishes(), surroundings, passedOver::add);
        this.host = route.get(route.size() - 1);
        this.command = command(conf);
        this.asked = parameters.flag("no_tty") ? null : options.credentials();
    }

    @Override
    public CompletableFuture<Channel> open(EventLoopGroup group) {
        passedOver.forEach(notices);
        return TrackedFuture.of(CompletableFuture.supplyAsync(this::knownCredentials, SharedPool.executor()))
                .thenCompose(known -> follow(group, known))
                .thenCompose(session -> run(session, group));
    }

    private CompletableFuture<SshSession> follow(EventLoopGroup group, AuthFile.Found known) {
        SshHost first = route.get(0);
        CompletableFuture<SshSession> session = new ChannelConnector(uri, group, timeout)
                .tcp(first.address(), first.port(), "is sshd listening there?")
                .thenCompose(socket -> logIn(first, socket, known));
        for (SshHost next : route.subList(1, route.size())) {
            session = session.thenCompose(before -> jump(before, next, group, known));
        }
        return session;
    }

    private CompletableFuture<SshSession> logIn(SshHost at, Channel socket, AuthFile.Found known) {
        // The password in auth.conf is for the host of the URI.
        return SshSession.open(
                socket,
                uri.toString(),
                at,
                new CredentialSource(at.name(), asked),
                at.equals(host) ? known : NONE_FOR_JUMPS,
                notices);
    }

    /** Each session goes with the one that it goes through, and takes that along when it ends. */
    private CompletableFuture<SshSession> jump(
            SshSession before, SshHost next, EventLoopGroup group, AuthFile.Found known) {
        CompletableFuture<Channel> way = before.forward(next, group);
        way.whenComplete((channel, failure) -> {
            if (channel == null) {
                before.close();
            } else {
                channel.closeFuture().addListener(closed -> before.close());
            }
        });
        return way.thenCompose(channel -> logIn(next, channel, known));
    }

    private CompletableFuture<Channel> run(SshSession session, EventLoopGroup group) {
        CompletableFuture<Channel> running = session.run(
                command.line(), "the command at host " + host.address() + " (" + command.words() + ")", group);
        // What comes next looks at both: so it waits for this, and not for the channel alone.
        return running.whenComplete((channel, failure) -> {
            if (channel == null) {
                session.close();
            } else {
                channel.attr(HostSockets.KEY).set(session);
                verified = session.isHostVerified();
                channel.closeFuture().addListener(closed -> session.close());
            }
        });
    }

    @Override
    public String target() {
        String through = route.subList(0, route.size() - 1).stream()
                .map(jump -> " through host " + jump.address() + " port " + jump.port())
                .collect(Collectors.joining());
        return "%s, at host %s port %d by ssh%s as user %s"
                .formatted(command.words(), host.address(), host.port(), through, host.user());
    }

    @Override
    public List<String> reasons() {
        List<String> reasons = new ArrayList<>(passedOver);
        if (host.hostKeys() == HostKeyRule.ANY) {
            reasons.add("the host's key is NOT CHECKED");
        } else {
            String files = host.knownHosts().stream().map(Path::toString).collect(Collectors.joining(" or "));
            host.keyAlias().ifPresent(alias -> reasons.add("the host's key is looked up by the name " + alias));
            reasons.add(
                    host.hostKeys() == HostKeyRule.FIRST
                            ? "the host's key must be that of %s, or the first one, which is added".formatted(files)
                            : "the host's key must be that of " + files);
        }
        reasons.add("the login is tried by "
                + host.methods().stream().map(LoginMethod::uriName).collect(Collectors.joining(", ")));
        host.agent()
                .filter(agent -> host.methods().contains(LoginMethod.AGENT))
                .ifPresent(agent -> reasons.add("the agent is at " + agent));
        if (host.methods().contains(LoginMethod.PRIVKEY)) {
            reasons.add("this side's keys are "
                    + host.keys().stream().map(Path::toString).collect(Collectors.joining(", "))
                    + (host.keysOnly() ? ", and no other key of the agent" : ""));
        }
        if (!host.certificates().isEmpty()) {
            reasons.add("this side's certificates are "
                    + host.certificates().stream().map(Path::toString).collect(Collectors.joining(", ")));
        }
        return reasons;
    }

    @Override
    public Protection protection() {
        return verified ? Protection.VERIFIED : Protection.ENCRYPTED;
    }

    private AuthFile.Found knownCredentials() {
        return AuthFile.credentials(
                "ssh", List.of(host.name(), host.address()), parameters.path("authfile", surroundings), surroundings);
    }

    private SshRoute.Wishes wishes() {
        return new SshRoute.Wishes(
                parameters.host(),
                uri.port(),
                Optional.ofNullable(uri.user()),
                parameters.path("keyfile", surroundings),
                parameters.path("known_hosts", surroundings),
                hostKeys(),
                methods());
    }

    private Optional<HostKeyRule> hostKeys() {
        Optional<HostKeyRule> rule = parameters.text("known_hosts_verify").map(name -> switch (name) {
            case "normal" -> HostKeyRule.KNOWN;
            case "auto" -> HostKeyRule.FIRST;
            case "ignore" -> HostKeyRule.ANY;
            default ->
                throw parameters.invalid("known_hosts_verify '%s' is not normal, auto or ignore".formatted(name));
        });
        return parameters.flag("no_verify") ? Optional.of(HostKeyRule.ANY) : rule;
    }

    private List<LoginMethod> methods() {
        return parameters
                .text("sshauth")
                .map(text -> {
                    List<LoginMethod> methods = new ArrayList<>();
                    for (String name : text.split(",", -1)) {
                        methods.add(LoginMethod.of(name)
                                .orElseThrow(() -> parameters.invalid("sshauth '%s': '%s' is not one of %s"
                                        .formatted(
                                                text,
                                                name,
                                                LoginMethod.ALL.stream()
                                                        .map(LoginMethod::uriName)
                                                        .collect(Collectors.joining(", "))))));
                    }
                    return methods;
                })
                .orElse(List.of());
    }

    private RemoteCommand command(LibvirtConf conf) {
        DaemonMode mode = DaemonMode.of(parameters, conf);
        Optional<String> socket = parameters.text("socket");
        if (mode.name().equals("direct") && socket.isEmpty()) {
            throw parameters.invalid(
                    mode.source()
                            + " says direct, and over ssh it cannot be seen which daemons' sockets there are: say mode=auto, or give the path of one as 'socket'");
        }
        boolean session = uri.path().equals("/session");
        String proxy = proxy(conf);
        if (proxy.equals("auto")) {
            if (parameters.text("netcat").isPresent() || socket.isPresent()) {
                proxy = "netcat";
            } else if (session) {
                proxy = "native";
            }
        }
        if (proxy.equals("native")) {
            for (String name : List.of("netcat", "socket")) {
                if (parameters.text(name).isPresent()) {
                    throw parameters.invalid(
                            "parameter '%s' has no meaning with the proxy native, which finds the socket itself"
                                    .formatted(name));
                }
            }
        }
        String helperUri = RemoteCommand.helperUri(uri.driver(), uri.path(), parameters.text("mode"));
        if (proxy.equals("native")) {
            return RemoteCommand.helper(helperUri, readOnly);
        }
        if (session && socket.isEmpty()) {
            throw parameters.invalid(
                    "where the session's socket is, only the host knows: give its path as 'socket', or proxy=native");
        }
        String netcat = parameters.text("netcat").orElse(RemoteCommand.NETCAT);
        String path = socket.orElseGet(this::systemSocket);
        return proxy.equals("netcat")
                ? RemoteCommand.netcat(netcat, path)
                : RemoteCommand.either(helperUri, readOnly, netcat, path);
    }

    /** Which sockets are there cannot be seen from here, so it is the one for all drivers. */
    private String systemSocket() {
        return SYSTEM_SOCKETS + (readOnly ? "libvirt-sock-ro" : "libvirt-sock");
    }

    private String proxy(LibvirtConf conf) {
        Optional<String> asked = parameters.text("proxy");
        asked.filter(name -> !LibvirtConf.PROXIES.contains(name)).ifPresent(name -> {
            throw parameters.invalid("proxy '%s' is not auto, native or netcat".formatted(name));
        });
        return asked.orElseGet(conf::proxy);
    }
}
