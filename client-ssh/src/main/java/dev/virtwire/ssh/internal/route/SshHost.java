// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.route;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A host, how to believe it, and how to be believed.
 *
 * @param name its name as it was asked for, which may stand for another in ssh's configuration
 * @param address its name or address, which known_hosts files have it by unless it has an alias there
 * @param port its port
 * @param user the user there
 * @param keys files of private keys, or of their public halves, in the order in which they are tried
 * @param keysRequired whether each of them has to be there and has to be readable, because somebody named it
 * @param keysOnly whether of the agent's keys only those count that the files have the public halves of
 * @param certificates files of the user's certificates; without one, each file of a key may have a certificate beside
 *     it
 * @param ownKnownHosts the user's own files of hosts' keys; what is learnt goes into the first
 * @param otherKnownHosts the system's files of hosts' keys
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
        boolean keysOnly,
        List<Path> certificates,
        List<Path> ownKnownHosts,
        List<Path> otherKnownHosts,
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
        certificates = List.copyOf(certificates);
        ownKnownHosts = List.copyOf(ownKnownHosts);
        otherKnownHosts = List.copyOf(otherKnownHosts);
        methods = List.copyOf(methods);
    }

    /** The host as known_hosts files write it. */
    public String knownAs() {
        return keyAlias.orElse(port == PORT ? address : "[" + address + "]:" + port);
    }

    /** All files of hosts' keys, the user's own first. */
    public List<Path> knownHosts() {
        return Stream.concat(ownKnownHosts.stream(), otherKnownHosts.stream()).toList();
    }
}
