// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * An export of a server as a URI: {@code nbd://host:port/export} or {@code nbd+unix:///export?socket=/path}. The port
 * defaults to 10809, an empty export name is the server's default export.
 *
 * @param address the server
 * @param exportName the export
 * @since 0.1
 */
public record NbdUri(NbdAddress address, String exportName) {
    /**
     * Parses a URI.
     *
     * @throws IllegalArgumentException naming the URI and what is wrong with it
     */
    public static NbdUri parse(String text) {
        URI uri;
        try {
            uri = new URI(text);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("\"" + text + "\" is no URI: " + e.getMessage(), e);
        }
        String path = uri.getPath() == null ? "" : uri.getPath();
        String export = path.startsWith("/") ? path.substring(1) : path;
        String scheme = uri.getScheme() == null ? "" : uri.getScheme();
        return switch (scheme) {
            case "nbd" -> new NbdUri(tcp(text, uri), export);
            case "nbd+unix" -> new NbdUri(unix(text, uri), export);
            default ->
                throw new IllegalArgumentException(
                        "\"" + text + "\" is no NBD URI that is supported: it starts neither with nbd: nor nbd+unix:");
        };
    }

    private static NbdAddress tcp(String text, URI uri) {
        String host = uri.getHost();
        if (host == null) {
            throw new IllegalArgumentException("\"" + text + "\" names no host; expected nbd://host:port/export");
        }
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        return new NbdAddress.Tcp(host, uri.getPort() == -1 ? NbdAddress.DEFAULT_PORT : uri.getPort());
    }

    private static NbdAddress unix(String text, URI uri) {
        String socket = parameter(uri.getRawQuery(), "socket");
        if (socket == null || socket.isEmpty()) {
            throw new IllegalArgumentException(
                    "\"" + text + "\" names no socket; expected nbd+unix:///export?socket=/path");
        }
        return new NbdAddress.Unix(Path.of(socket));
    }

    private static @Nullable String parameter(@Nullable String rawQuery, String name) {
        if (rawQuery == null) {
            return null;
        }
        for (String pair : rawQuery.split("&", -1)) {
            if (pair.startsWith(name + "=")) {
                // A path may hold a plus sign, so this is not form decoding.
                return URI.create("?" + pair.substring(name.length() + 1)).getQuery();
            }
        }
        return null;
    }

    /** The URI as a server or another tool takes it. */
    @Override
    public String toString() {
        if (address instanceof NbdAddress.Tcp tcp) {
            String host = tcp.host().contains(":") ? "[" + tcp.host() + "]" : tcp.host();
            return "nbd://" + host + ":" + tcp.port() + "/" + encode(exportName);
        }
        Path socket = ((NbdAddress.Unix) address).socket();
        return "nbd+unix:///" + encode(exportName) + "?socket=" + encode(socket.toString());
    }

    private static String encode(String text) {
        StringBuilder encoded = new StringBuilder(text.length());
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            boolean plain = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9');
            if (plain || "-._~/:@".indexOf(b) >= 0) {
                encoded.append((char) b);
            } else {
                encoded.append(String.format("%%%02X", b & 0xff));
            }
        }
        return encoded.toString();
    }
}
