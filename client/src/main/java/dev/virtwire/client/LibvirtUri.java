// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A connection URI in libvirt's form, {@code driver[+transport]://[user@][host][:port]/path[?parameters]}, taken apart.
 *
 * @param text the URI as it was given
 * @param driver the hypervisor driver, such as {@code qemu}; {@code remote} lets the server choose
 * @param transport how the server is reached; without one in the URI: TLS if it names a host, else UNIX
 * @param user the user at the host, or null
 * @param host the host, without the brackets of an IPv6 address, or null
 * @param port the port, or −1 for the transport's own
 * @param path the path, such as {@code /system}, or empty
 * @param parameters those that this client understands, by their lower-case names
 * @param forwarded the query of all other parameters, which belong to the server's driver; empty without such
 * @since 0.1
 */
public record LibvirtUri(
        String text,
        String driver,
        Transport transport,
        @Nullable String user,
        @Nullable String host,
        int port,
        String path,
        Map<String, String> parameters,
        String forwarded) {

    /**
     * How a server is reached.
     *
     * @since 0.1
     */
    public enum Transport {
        /** A UNIX socket of this machine. */
        UNIX,
        /** Plain TCP. */
        TCP,
        /** TLS with x509 certificates. */
        TLS,
        /** A command over ssh. */
        SSH,
        /** As {@link #SSH}. */
        LIBSSH,
        /** As {@link #SSH}. */
        LIBSSH2,
        /** A command of the user's own. */
        EXT;

        String uriName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final Set<String> UNDERSTOOD = Set.of(
            "name",
            "command",
            "socket",
            "auth",
            "sshauth",
            "netcat",
            "keyfile",
            "pkipath",
            "known_hosts",
            "known_hosts_verify",
            "tls_priority",
            "mode",
            "proxy",
            "no_sanity",
            "no_verify",
            "no_tty",
            "authfile");

    /** Drivers of libvirt's, which a URI may name without a transport. */
    private static final Set<String> DRIVERS = Set.of(
            "remote",
            "qemu",
            "xen",
            "lxc",
            "test",
            "ch",
            "bhyve",
            "vbox",
            "vz",
            "parallels",
            "openvz",
            "vmware",
            "vmwareplayer",
            "vmwarews",
            "vmwarefusion",
            "esx",
            "gsx",
            "vpx",
            "hyperv",
            "network",
            "interface",
            "storage",
            "nodedev",
            "nwfilter",
            "secret");

    /** A user with something behind a colon, which is not a port with a path or parameters behind it. */
    private static final Pattern PASSWORD =
            Pattern.compile("(?i)^([^/?#]*/{1,2}[^/?#@:\\[]*?)(?::|%3a)(?!\\d*[/?#]).*@");

    /** What may be a user with a password, in a text without the slashes that tell. */
    private static final Pattern LOGIN = Pattern.compile("^([^:/?#]*:)(?!/).*@");

    /** Copies the parameters. */
    public LibvirtUri {
        parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    }

    /**
     * Takes a URI apart.
     *
     * @throws InvalidUriException if it is not a connection URI; the message says what is wrong with it
     */
    public static LibvirtUri parse(String text) {
        if (PASSWORD.matcher(text).find()) {
            throw invalid(
                    PASSWORD.matcher(text).replaceFirst("$1:[password]@"),
                    "a password in a URI means nothing to libvirt; use auth.conf");
        }
        URI uri;
        try {
            // The one name without a scheme that libvirt has always known.
            uri = new URI(text.equalsIgnoreCase("xen") ? "xen:///system" : text);
        } catch (URISyntaxException e) {
            throw invalid(text, e.getReason() + (e.getIndex() < 0 ? "" : " at position " + e.getIndex()));
        }
        String scheme = uri.getScheme();
        if (scheme == null) {
            throw invalid(text, "it does not begin with a driver, as qemu:///system does");
        }
        if (uri.isOpaque()) {
            throw invalid(text, "'//' is missing after '" + scheme + ":', as in " + scheme + ":///system");
        }
        if (uri.getRawFragment() != null) {
            throw invalid(text, "a fragment ('#" + uri.getRawFragment() + "') has no meaning here");
        }
        int plus = scheme.indexOf('+');
        String driver = plus < 0 ? scheme : scheme.substring(0, plus); // as it is: libvirt knows no QEMU
        if (driver.isEmpty()) {
            throw invalid(text, "the driver before '+' is missing");
        }
        Authority authority = Authority.parse(text, uri.getRawAuthority());
        Transport transport = plus < 0
                ? (authority.host == null ? Transport.UNIX : Transport.TLS)
                : transport(text, scheme.substring(plus + 1));
        if (transport == Transport.UNIX && authority.host != null) {
            throw invalid(text, "a UNIX socket has no host, and '" + authority.host + "' is one");
        }
        if (transport == Transport.UNIX && authority.port >= 0) {
            throw invalid(text, "a UNIX socket has no port, and " + authority.port + " is one");
        }
        String path = uri.getRawPath() == null ? "" : uri.getRawPath();
        if (path.isEmpty() && plus < 0 && Set.of("system", "session").contains(String.valueOf(authority.host))) {
            throw invalid(
                    text,
                    "'%s' stands where the host belongs; write %s:///%s, with three slashes"
                            .formatted(authority.host, driver, authority.host));
        }
        if (plus < 0 && authority.host != null && !DRIVERS.contains(driver)) {
            throw invalid(
                    text,
                    "'%s' is no driver that is known; write a driver of libvirt's, as in qemu+ssh://%s/system, or a transport with it if only the server knows it, as in %s+tls://%s"
                            .formatted(driver, authority.host, driver, authority.host));
        }
        Map<String, String> parameters = new LinkedHashMap<>();
        String forwarded = splitQuery(text, uri.getRawQuery(), parameters);
        return new LibvirtUri(
                text, driver, transport, authority.user, authority.host, authority.port, path, parameters, forwarded);
    }

    /**
     * The name that the server is asked to open: the URI without what concerns only the way to the server. Empty if
     * the server is to choose by itself.
     */
    public String openName() {
        String name = parameters.get("name");
        if (name != null) {
            return name;
        }
        if (driver.equals("remote")) {
            return "";
        }
        return driver + "://" + (path.isEmpty() ? "/" : path) + (forwarded.isEmpty() ? "" : "?" + forwarded);
    }

    /** A parameter that this client understands. */
    public Optional<String> parameter(String name) {
        return Optional.ofNullable(parameters.get(name));
    }

    /** Where the server is, for messages: host and port, or "this host". */
    public String where() {
        if (host == null) {
            return "this host";
        }
        String shown = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
        return port < 0 ? shown : shown + ":" + port;
    }

    /** The URI as it was given. */
    @Override
    public String toString() {
        return text;
    }

    private static Transport transport(String text, String name) {
        for (Transport transport : Transport.values()) {
            if (transport.uriName().equalsIgnoreCase(name)) {
                return transport;
            }
        }
        StringJoiner known = new StringJoiner(", ");
        for (Transport transport : Transport.values()) {
            known.add(transport.uriName());
        }
        throw invalid(text, "unknown transport '" + name + "'; known are " + known);
    }

    private static String splitQuery(String text, @Nullable String query, Map<String, String> understood) {
        if (query == null || query.isEmpty()) {
            return "";
        }
        StringJoiner forwarded = new StringJoiner("&");
        for (String pair : query.split("[&;]")) {
            int equals = pair.indexOf('=');
            String key = decode(text, equals < 0 ? pair : pair.substring(0, equals));
            String lower = key.toLowerCase(Locale.ROOT);
            if (!UNDERSTOOD.contains(lower)) {
                if (!pair.isEmpty()) {
                    forwarded.add(pair);
                }
            } else if (equals < 0) {
                throw invalid(text, "parameter '" + key + "' has no value");
            } else if (equals == pair.length() - 1 && !lower.equals("name")) {
                throw invalid(text, "parameter '" + key + "' is empty");
            } else {
                understood.put(lower, decode(text, pair.substring(equals + 1)));
            }
        }
        return forwarded.toString();
    }

    private static String decode(String text, String escaped) {
        try {
            // A plus sign is itself in these URIs; only percent escapes count.
            return URLDecoder.decode(escaped.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw invalid(text, "'" + escaped + "' is not a valid escape");
        }
    }

    private static InvalidUriException invalid(String text, String why) {
        String shown = LOGIN.matcher(text).replaceFirst("$1[login]@");
        return new InvalidUriException("URI '" + shown + "': " + why);
    }

    private record Authority(
            @Nullable String user, @Nullable String host, int port) {
        static Authority parse(String text, @Nullable String raw) {
            if (raw == null || raw.isEmpty()) {
                return new Authority(null, null, -1);
            }
            int at = raw.lastIndexOf('@');
            String user = at < 0 ? null : decode(text, raw.substring(0, at));
            String rest = raw.substring(at + 1);
            int colon = rest.startsWith("[") ? rest.indexOf(':', rest.indexOf(']') + 1) : rest.indexOf(':');
            String host = colon < 0 ? rest : rest.substring(0, colon);
            int port = -1;
            if (colon >= 0 && colon + 1 < rest.length()) {
                port = port(text, rest.substring(colon + 1));
            }
            if (host.startsWith("[")) {
                if (!host.endsWith("]")) {
                    throw invalid(text, "the bracket of the address '" + host + "' is not closed");
                }
                host = host.substring(1, host.length() - 1);
            }
            return new Authority(user, host.isEmpty() ? null : decode(text, host), port);
        }

        private static int port(String text, String digits) {
            try {
                int port = Integer.parseInt(digits);
                if (port >= 1 && port <= 65535) {
                    return port;
                }
            } catch (NumberFormatException e) {
                // Told below, with the digits as they were given.
            }
            throw invalid(text, "'" + digits + "' is no port number from 1 to 65535");
        }
    }
}
