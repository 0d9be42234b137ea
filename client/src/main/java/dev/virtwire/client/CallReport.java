// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a call has ended.
 *
 * @param procedure its procedure, such as {@code DomainGetInfo}
 * @param outcome how it has ended for its caller
 * @param failure what its future failed with; null if it succeeded or was given up
 * @param total how long it took for its caller, from the call to the result
 * @param waited how much of that it waited here before it was sent; all of it if it was never sent
 * @param bytesSent the bytes of the call; 0 if it was never sent
 * @param bytesReceived the bytes of the reply; 0 if none came in time. Streams are not counted here
 * @since 0.1
 */
public record CallReport(
        String procedure,
        Outcome outcome,
        @Nullable LibvirtException failure,
        Duration total,
        Duration waited,
        int bytesSent,
        int bytesReceived) {
    /**
     * How a call has ended for its caller.
     *
     * @since 0.1
     */
    public enum Outcome {
        /** With a result. */
        SUCCEEDED,
        /** With the server's error: {@link RemoteException}. */
        FAILED,
        /** Its deadline has passed: {@link CallTimeoutException}. */
        TIMED_OUT,
        /** Its caller has given it up: by {@code cancel}, {@code orTimeout} and the like. */
        GIVEN_UP,
        /** The connection ended: {@link ConnectionLostException}. */
        LOST,
        /** It was never sent: {@link CallRefusedException}. */
        REFUSED,
        /** The reply could not be read: {@link ProtocolException}. */
        BROKEN
    }
}
