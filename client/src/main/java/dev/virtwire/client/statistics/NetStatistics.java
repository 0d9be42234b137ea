// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.statistics;

import dev.virtwire.client.params.TypedParameters;
import java.util.OptionalLong;

/**
 * What went through a network interface; each figure is empty if it is not told.
 *
 * @param name its target on the host, such as {@code vnet0}; empty if it has none
 * @param receivedBytes bytes received
 * @param receivedPackets packets received
 * @param receiveErrors errors while receiving
 * @param receiveDrops packets that were dropped while receiving
 * @param sentBytes bytes sent
 * @param sentPackets packets sent
 * @param sendErrors errors while sending
 * @param sendDrops packets that were dropped while sending
 * @since 0.1
 */
public record NetStatistics(
        String name,
        OptionalLong receivedBytes,
        OptionalLong receivedPackets,
        OptionalLong receiveErrors,
        OptionalLong receiveDrops,
        OptionalLong sentBytes,
        OptionalLong sentPackets,
        OptionalLong sendErrors,
        OptionalLong sendDrops) {
    static NetStatistics of(int index, TypedParameters net) {
        return new NetStatistics(
                net.text("name").orElse(""),
                net.number("rx.bytes"),
                net.number("rx.pkts"),
                net.number("rx.errs"),
                net.number("rx.drop"),
                net.number("tx.bytes"),
                net.number("tx.pkts"),
                net.number("tx.errs"),
                net.number("tx.drop"));
    }
}
