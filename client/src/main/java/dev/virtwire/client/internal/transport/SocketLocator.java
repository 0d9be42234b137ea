// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.transport;

import dev.virtwire.client.InvalidUriException;
import dev.virtwire.client.LibvirtUri;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Finds the UNIX socket of a URI, by libvirt's rules: the {@code socket} parameter, else the daemon's own socket of the
 * system or of the user's session; the driver's daemon ({@code virtqemud}) before the one for all ({@code libvirtd}),
 * unless {@code mode} says otherwise.
 */
final class SocketLocator {
    private final Path systemFolder;
    private final Map<String, String> environment;
    private final boolean root;

    SocketLocator(Path systemFolder, Map<String, String> environment, boolean root) {
        this.systemFolder = systemFolder;
        this.environment = environment;
        this.root = root;
    }

    static SocketLocator ofThisProcess() {
        return new SocketLocator(Path.of("/var/run/libvirt"), System.getenv(), userId() == 0);
    }

    Path locate(LibvirtUri uri, boolean readOnly) {
        Optional<String> given = uri.parameter("socket");
        if (given.isPresent()) {
            return given(uri, given.get());
        }
        boolean session = !root && uri.path().equals("/session");
        Path folder = session ? sessionFolder(uri) : systemFolder;
        // A session's daemon serves one user and has no read-only socket.
        String suffix = readOnly && !session ? "-sock-ro" : "-sock";
        Path direct = folder.resolve("virt" + uri.driver() + "d" + suffix);
        Path legacy = folder.resolve("libvirt" + suffix);
        String mode = uri.parameter("mode").orElse("auto");
        return switch (mode) {
            case "direct" -> direct;
            case "legacy" -> legacy;
            case "auto" -> Files.exists(direct) ? direct : legacy;
            default ->
                throw new InvalidUriException(
                        "URI '" + uri + "': mode '" + mode + "' is none of auto, direct and legacy");
        };
    }

    private static Path given(LibvirtUri uri, String socket) {
        try {
            return Path.of(socket);
        } catch (InvalidPathException e) {
            throw new InvalidUriException("URI '" + uri + "': its socket is no path: " + e.getReason());
        }
    }

    private Path sessionFolder(LibvirtUri uri) {
        String runtime = environment.get("XDG_RUNTIME_DIR");
        if (runtime != null && !runtime.isEmpty()) {
            return Path.of(runtime, "libvirt");
        }
        String cache = environment.get("XDG_CACHE_HOME");
        if (cache != null && !cache.isEmpty()) {
            return Path.of(cache, "libvirt");
        }
        String home = environment.get("HOME");
        if (home != null && !home.isEmpty()) {
            return Path.of(home, ".cache", "libvirt");
        }
        throw new InvalidUriException(
                "URI '" + uri + "': neither XDG_RUNTIME_DIR nor HOME is set, so the session's socket is unknown");
    }

    private static int userId() {
        try {
            Path self = Path.of("/proc/self");
            // Where there is no /proc there is no libvirt system daemon of root's to prefer either.
            return Files.exists(self) ? (Integer) Files.getAttribute(self, "unix:uid") : -1;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot tell which user runs this process", e);
        }
    }
}
