// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.domain;

/**
 * What went through a network interface, as the guest sees it ({@code virDomainInterfaceStatsStruct}); -1 if it is
 * not counted.
 *
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
public record InterfaceStatistics(
        long receivedBytes,
        long receivedPackets,
        long receiveErrors,
        long receiveDrops,
        long sentBytes,
        long sentPackets,
        long sendErrors,
        long sendDrops) {}
