// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.route;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A host, how to believe it, and how to be believed.
 *
 * @param name its name as it was asked for, which may stand for another in ssh's configuration
 * @param address its name or address, which known_hosts files have it by unless it has an alias there
 * @param port its port
 * @param user the user there
 * @param keys files of private keys, in the order in which they are tried
 * @param keysRequired whether each of them has to be there and has to be readable, because somebody named it
 * @param knownHosts files of hosts' keys; the first is the user's own
 * @param hostKeys which hosts' keys are believed
 * @param methods how to log in
 * @param agent the agent's socket
 * @param keyAlias the name that known_hosts files have it by, in place of its address and port
 * @param revokedKeys the file of keys that no host may show
 */
public record SshHost(
        String name,
        String address,
        int port,
        String user,
        List<Path> keys,
        boolean keysRequired,
        List<Path> knownHosts,
        HostKeyRule hostKeys,
        List<LoginMethod> methods,
        Optional<Path> agent,
        Optional<String> keyAlias,
        Optional<Path> revokedKeys) {
    /** The port of ssh. */
    public static final int PORT = 22;

    /** Copies the lists. */
    public SshHost {
        keys = List.copyOf(keys);
        knownHosts = List.copyOf(knownHosts);
        methods = List.copyOf(methods);
    }

    /** The host as known_hosts files write it. */
    public String knownAs() {
        return keyAlias.orElse(port == PORT ? address : "[" + address + "]:" + port);
    }
}
