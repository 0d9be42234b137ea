// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.route;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;

/** Whether this machine has an address in one of some networks, which {@code Match localnetwork} asks. */
final class LocalNetworks {
    private LocalNetworks() {}

    /** A network, such as {@code 192.0.2.0/24}; an address alone is a network of one. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record Network(byte[] address, int bits) {
        static Optional<Network> parse(String text) {
            String[] parts = text.split("/", -1);
            // A name would be looked up.
            if (parts.length > 2 || !parts[0].matches("[0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")) {
                return Optional.empty();
            }
            try {
                byte[] address = InetAddress.getByName(parts[0]).getAddress();
                int all = address.length * Byte.SIZE;
                if (parts.length == 2 && !parts[1].matches("[0-9]{1,3}")) {
                    return Optional.empty();
                }
                int bits = parts.length == 1 ? all : Integer.parseInt(parts[1]);
                return bits > all ? Optional.empty() : Optional.of(new Network(address, bits));
            } catch (UnknownHostException e) {
                return Optional.empty();
            }
        }

        boolean contains(InetAddress other) {
            byte[] bytes = other.getAddress();
            if (bytes.length != address.length) {
                return false;
            }
            for (int bit = 0; bit < bits; bit++) {
                int mask = 0x80 >> (bit % Byte.SIZE);
                if (((bytes[bit / Byte.SIZE] ^ address[bit / Byte.SIZE]) & mask) != 0) {
                    return false;
                }
            }
            return true;
        }
    }

    /** Whether one of this machine's interfaces that are up has such an address; empty if one is no network. */
    static Optional<Boolean> contain(List<String> networks) throws SocketException {
        List<Optional<Network>> parsed = networks.stream().map(Network::parse).toList();
        if (parsed.stream().anyMatch(Optional::isEmpty)) {
            return Optional.empty();
        }
        for (NetworkInterface one : NetworkInterface.networkInterfaces().toList()) {
            if (one.isUp()
                    && one.inetAddresses()
                            .anyMatch(address -> parsed.stream()
                                    .flatMap(Optional::stream)
                                    .anyMatch(network -> network.contains(address)))) {
                return Optional.of(true);
            }
        }
        return Optional.of(false);
    }
}
