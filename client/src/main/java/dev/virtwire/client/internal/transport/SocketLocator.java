// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.transport;

import dev.virtwire.client.InvalidUriException;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.internal.config.LibvirtConf;
import dev.virtwire.client.internal.config.Surroundings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Finds the UNIX socket of a URI, by libvirt's rules: the {@code socket} parameter, else the daemon's own socket of the
 * system or of the user's session; the driver's daemon ({@code virtqemud}) before the one for all ({@code libvirtd}),
 * unless {@code mode} says otherwise.
 */
final class SocketLocator {
    private final Surroundings surroundings;
    private final LibvirtConf conf;

    /** A socket, and why that one. */
    record Located(Path socket, List<String> reasons) {}

    SocketLocator(Surroundings surroundings, LibvirtConf conf) {
        this.surroundings = surroundings;
        this.conf = conf;
    }

    Located locate(LibvirtUri uri, UriParameters parameters, boolean readOnly) {
        DaemonMode mode = DaemonMode.of(parameters, conf);
        Optional<Path> given = parameters.path("socket", surroundings);
        if (given.isPresent()) {
            return new Located(given.get(), List.of("the parameter 'socket' names the socket"));
        }
        boolean session = !surroundings.root()
                && (uri.path().equals("/session") || uri.driver().equals("test"));
        Path folder = session ? sessionFolder(uri) : surroundings.systemSockets();
        String whose = session
                ? "a session's daemon serves one user, who is not root"
                : surroundings.root() && uri.path().equals("/session")
                        ? "root has no session, so the system's daemon is asked"
                        : "the system's daemon is asked";
        // A session's daemon serves one user and has no read-only socket.
        String suffix = readOnly && !session ? "-sock-ro" : "-sock";
        Path legacy = folder.resolve("libvirt" + suffix);
        if (uri.driver().equals("remote")) {
            // Whichever daemon chooses the driver has the name of old.
            return new Located(legacy, List.of(whose, "the daemon for all drivers chooses one"));
        }
        Path direct = folder.resolve("virt" + uri.driver() + "d" + suffix);
        return switch (mode.name()) {
            case "direct" ->
                new Located(direct, List.of(whose, mode.source() + " says direct: the driver's own daemon"));
            case "legacy" ->
                new Located(legacy, List.of(whose, mode.source() + " says legacy: the daemon for all drivers"));
            default ->
                Files.exists(direct)
                        ? new Located(direct, List.of(whose, "the driver's own daemon has a socket, " + direct))
                        : new Located(
                                legacy,
                                List.of(
                                        whose,
                                        "the driver's own daemon has no socket " + direct
                                                + ", so it is the one for all drivers"));
        };
    }

    private Path sessionFolder(LibvirtUri uri) {
        return surroundings
                .sessionSockets()
                .orElseThrow(() -> new InvalidUriException("URI '" + uri
                        + "': neither XDG_RUNTIME_DIR nor HOME is set, so the session's socket is unknown"));
    }
}
