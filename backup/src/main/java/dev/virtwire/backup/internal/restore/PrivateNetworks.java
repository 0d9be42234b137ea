// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import dev.virtwire.client.xml.XmlElement;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The addresses that a virtual network may have of itself: those that nobody has on the internet. With any other one,
 * the host would send to its guests what it means for somebody else.
 */
final class PrivateNetworks {
    /** Digits, dots and colons: no name, which would be looked for in the DNS. */
    private static final Pattern LITERAL = Pattern.compile("[0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:.]*");

    private static final List<Range> PRIVATE = List.of(
            new Range("10.0.0.0", 8),
            new Range("172.16.0.0", 12),
            new Range("192.168.0.0", 16),
            new Range("169.254.0.0", 16),
            new Range("fc00::", 7),
            new Range("fe80::", 10));

    /** All addresses of so many bits that begin with the same ones. */
    private record Range(BigInteger address, int bits, int prefix) {
        Range(byte[] address, int prefix) {
            this(new BigInteger(1, address), 8 * address.length, prefix);
        }

        Range(String address, int prefix) {
            this(bytes(address), prefix);
        }

        boolean has(Range other) {
            return other.bits == bits
                    && other.prefix >= prefix
                    && other.prefix <= bits
                    && address.xor(other.address).shiftRight(bits - prefix).equals(BigInteger.ZERO);
        }
    }

    private PrivateNetworks() {}

    /** Whether what an {@code <ip>} of a network says is within a private range. */
    static boolean has(XmlElement ip) {
        String address = ip.attribute("address");
        if (address == null || !LITERAL.matcher(address).matches()) {
            return false;
        }
        try {
            byte[] bytes = bytes(address);
            Range wanted = new Range(bytes, prefix(ip, bytes));
            return PRIVATE.stream().anyMatch(range -> range.has(wanted));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static int prefix(XmlElement ip, byte[] address) {
        Integer prefix = ip.integer("prefix");
        String mask = ip.attribute("netmask");
        if (prefix != null) {
            return prefix;
        }
        if (mask == null) {
            // libvirt takes the class of the address, of which no private range is a part.
            return 8 * address.length;
        }
        if (!LITERAL.matcher(mask).matches()) {
            throw new IllegalArgumentException(mask);
        }
        return new BigInteger(1, bytes(mask)).bitCount();
    }

    private static byte[] bytes(@Nullable String literal) {
        try {
            return InetAddress.getByName(literal).getAddress();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(literal, e);
        }
    }
}
