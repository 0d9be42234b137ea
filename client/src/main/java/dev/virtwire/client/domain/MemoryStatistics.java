// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.domain;

import dev.virtwire.protocol.remote.MemoryStatTag;
import java.util.Collections;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * What a domain's memory is used for ({@code virDomainMemoryStats}). Which figures there are depends on the guest's
 * balloon driver.
 *
 * @param byTag every figure, by libvirt's number; {@link MemoryStatTag} says which unit it has
 * @since 0.1
 */
public record MemoryStatistics(Map<Integer, Long> byTag) {
    /** Copies the figures. */
    public MemoryStatistics {
        byTag = Collections.unmodifiableMap(new TreeMap<>(byTag));
    }

    /** A figure; empty if the guest does not tell it. */
    public OptionalLong get(MemoryStatTag tag) {
        Long value = byTag.get(tag.value());
        return value == null ? OptionalLong.empty() : OptionalLong.of(value);
    }
}
