// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.protocol;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How one call is made. Immutable.
 *
 * @param deadline how long the caller waits for the result, waiting for a free slot included; null for the
 *     connection's default, {@code ConnectOptions.callTimeout()}. The server does not learn of it: it continues with
 *     what it was told. A backup job or registration that comes too late is undone.
 * @since 0.1
 */
public record CallOptions(@Nullable Duration deadline) {
    /** The connection's default deadline. */
    public static final CallOptions DEFAULT = new CallOptions(null);

    /** Checks the values. */
    public CallOptions {
        if (deadline != null && (deadline.isNegative() || deadline.isZero())) {
            throw new IllegalArgumentException("deadline: " + deadline + " is not positive");
        }
    }

    /** Options with this deadline. */
    public static CallOptions within(Duration deadline) {
        return new CallOptions(deadline);
    }
}
