// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.statistics;

import dev.virtwire.client.params.TypedParameters;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/** Times, which libvirt counts in nanoseconds. */
final class Durations {
    private Durations() {}

    static Optional<Duration> read(TypedParameters parameters, String name) {
        OptionalLong nanos = parameters.number(name);
        return nanos.isEmpty() ? Optional.empty() : Optional.of(Duration.ofNanos(nanos.getAsLong()));
    }
}
