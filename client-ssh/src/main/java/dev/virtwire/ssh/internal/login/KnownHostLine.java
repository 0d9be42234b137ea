// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.login;

import dev.virtwire.ssh.internal.route.HostPattern;
import dev.virtwire.ssh.internal.route.SshHost;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Base64;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import org.apache.sshd.client.config.hosts.KnownHostHashValue;
import org.jspecify.annotations.Nullable;

/**
 * A line of a known_hosts file, which says whom a key belongs to. SSHD's own reader takes {@code *} for hosts at port
 * 22 only, and ssh for all hosts at all ports.
 *
 * @param marker what the line says about the key, such as {@code revoked}; null for nothing
 * @param names patterns of names, or one name in disguise
 * @param type the key's type
 * @param key the key, as the protocol has it
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record KnownHostLine(@Nullable String marker, String names, String type, byte[] key) {
    private static final char HASHED = '|';

    /** Reads a line; null if it says nothing, or nothing that can be understood, which ssh passes over as well. */
    static @Nullable KnownHostLine parse(String line) {
        Deque<String> words = new ArrayDeque<>(Arrays.asList(line.strip().split("\\s+")));
        if (words.getFirst().isEmpty() || words.getFirst().startsWith("#")) {
            return null;
        }
        String marker = words.getFirst().startsWith("@") ? words.removeFirst().substring(1) : null;
        if (words.size() < 3) {
            return null;
        }
        String names = words.removeFirst();
        String type = words.removeFirst();
        try {
            return new KnownHostLine(marker, names, type, Base64.getDecoder().decode(words.removeFirst()));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** Whether the line is about that host. */
    boolean matches(String address, int port) {
        String host = address.toLowerCase(Locale.ROOT);
        if (names.charAt(0) == HASHED) {
            try {
                KnownHostHashValue hashed = KnownHostHashValue.parse(names);
                return hashed != null && hashed.isHostMatch(host, port);
            } catch (RuntimeException e) {
                // Of no kind that ssh writes.
                return false;
            }
        }
        String name = port == SshHost.PORT ? host : "[" + host + "]:" + port;
        boolean matched = false;
        for (String pattern : List.of(names.toLowerCase(Locale.ROOT).split(","))) {
            boolean negated = pattern.startsWith("!");
            if (HostPattern.matches(negated ? pattern.substring(1) : pattern, name)) {
                if (negated) {
                    return false;
                }
                matched = true;
            }
        }
        return matched;
    }
}
