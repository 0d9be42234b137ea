// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static java.util.Objects.requireNonNull;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The address and the ports that a host's NBD export listens on.
 *
 * @param address the host's address or name
 * @param firstPort the first port that may be used
 * @param lastPort the last port that may be used
 * @since 0.1
 */
public record NbdListen(String address, int firstPort, int lastPort) {
    private static final Pattern FORM = Pattern.compile("(\\[[^\\]]+\\]|[^:]+):([0-9]{1,5})(?:-([0-9]{1,5}))?");

    /** Refuses numbers that no port has. */
    public NbdListen {
        requireNonNull(address, "address");
        if (firstPort < 1 || lastPort > 65535 || firstPort > lastPort) {
            throw new BackupException("ports " + firstPort + "-" + lastPort + " are not a range from 1 to 65535");
        }
    }

    /** Reads {@code ADDR:PORT} or {@code ADDR:FIRST-LAST}; an IPv6 address stands in brackets. */
    public static NbdListen parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new BackupException("'" + text + "' is not ADDR:PORT or ADDR:FIRST-LAST");
        }
        String address = matcher.group(1);
        if (address.startsWith("[")) {
            address = address.substring(1, address.length() - 1);
        }
        int first = Integer.parseInt(matcher.group(2));
        int last = matcher.group(3) == null ? first : Integer.parseInt(matcher.group(3));
        return new NbdListen(address, first, last);
    }
}
