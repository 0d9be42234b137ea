// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.block;

import dev.virtwire.client.internal.text.RecordText;
import dev.virtwire.protocol.remote.BlockJobType;
import java.util.Optional;

/**
 * How far a disk's job has come ({@code virDomainBlockJobInfo}).
 *
 * @param typeNumber what it does, as libvirt's number
 * @param bandwidth its limit in bytes a second; 0 for none
 * @param current how far it is, in a unit of its own
 * @param end where it will be done, in the same unit; it may grow. A copy or an active commit stays at its end until it
 *     is aborted or pivoted
 * @since 0.1
 */
public record BlockJobInfo(int typeNumber, long bandwidth, long current, long end) {
    /** What it does; empty if a newer server has a type that this client does not know. */
    public Optional<BlockJobType> type() {
        return BlockJobType.of(typeNumber);
    }

    /** With the names of its numbers. */
    @Override
    public String toString() {
        return RecordText.of("BlockJobInfo")
                .with("type", type(), typeNumber)
                .with("bandwidth", bandwidth)
                .with("current", current)
                .with("end", end)
                .toString();
    }
}
