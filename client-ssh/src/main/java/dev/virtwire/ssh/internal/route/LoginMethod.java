// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.route;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What convinces a host, by the names of the parameter {@code sshauth}, in the order in which it is tried. */
public enum LoginMethod {
    /** A key that the agent holds. */
    AGENT,
    /** A key in a file. */
    PRIVKEY,
    /** Whatever the host asks, a password as a rule. */
    KEYBOARD_INTERACTIVE,
    /** A password. */
    PASSWORD;

    /** All of them. */
    public static final List<LoginMethod> ALL = List.of(values());

    /** The name in a URI. */
    public String uriName() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The method of that name, in any case. */
    public static Optional<LoginMethod> of(String name) {
        return ALL.stream()
                .filter(method -> method.uriName().equalsIgnoreCase(name))
                .findFirst();
    }
}
