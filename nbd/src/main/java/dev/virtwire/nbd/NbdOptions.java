// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import dev.virtwire.nbd.internal.SocketTransport;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How to connect and what to negotiate. Immutable; start from {@link #DEFAULT}.
 *
 * @param connectTimeout for connecting and negotiating together
 * @param requestTimeout the connection fails when requests are pending and no byte has come for that long
 * @param maxInFlight requests on the wire at once, 1 to 256; QEMU serves 16 at once, more gain nothing there
 * @param maxQueued requests that may wait for their turn behind those; one more is refused
 * @param metaContexts contexts to negotiate for block status, such as {@code base:allocation}; those the server does
 *     not have are missing in {@link NbdExport#metaContexts()}
 * @param transport opens the channel
 * @param tls if present, TLS is started on the channel; a server without TLS is refused
 * @since 0.1
 */
public record NbdOptions(
        Duration connectTimeout,
        Duration requestTimeout,
        int maxInFlight,
        int maxQueued,
        List<String> metaContexts,
        NbdTransport transport,
        Optional<NbdTls> tls) {
    /** 10 s to connect, 60 s of silence, 16 in flight, 4096 waiting, no contexts, plain sockets. */
    public static final NbdOptions DEFAULT = new NbdOptions(
            Duration.ofSeconds(10),
            Duration.ofSeconds(60),
            16,
            4096,
            List.of(),
            new SocketTransport(),
            Optional.empty());

    /** The context that tells data from holes and zeros: bit 0 hole, bit 1 reads as zeros. */
    public static final String BASE_ALLOCATION = "base:allocation";

    /** Checks the ranges. */
    public NbdOptions {
        metaContexts = metaContexts.stream().distinct().toList();
        requirePositive("connectTimeout", connectTimeout);
        requirePositive("requestTimeout", requestTimeout);
        if (maxInFlight < 1 || maxInFlight > 256) {
            throw new IllegalArgumentException("maxInFlight is " + maxInFlight + ", not between 1 and 256");
        }
        if (maxQueued < 1) {
            throw new IllegalArgumentException("maxQueued is " + maxQueued + ", less than 1");
        }
    }

    private static void requirePositive(String name, Duration duration) {
        if (duration.isNegative() || duration.isZero()) {
            throw new IllegalArgumentException(name + " is " + duration + ", not a positive time");
        }
    }

    /** The context of a dirty bitmap in QEMU: bit 0 dirty. */
    public static String dirtyBitmap(String bitmap) {
        return "qemu:dirty-bitmap:" + bitmap;
    }

    /** Another limit for connecting and negotiating together. */
    public NbdOptions withConnectTimeout(Duration timeout) {
        return new NbdOptions(timeout, requestTimeout, maxInFlight, maxQueued, metaContexts, transport, tls);
    }

    /** Another limit for silence. */
    public NbdOptions withRequestTimeout(Duration timeout) {
        return new NbdOptions(connectTimeout, timeout, maxInFlight, maxQueued, metaContexts, transport, tls);
    }

    /** Another number of requests on the wire at once. */
    public NbdOptions withMaxInFlight(int requests) {
        return new NbdOptions(connectTimeout, requestTimeout, requests, maxQueued, metaContexts, transport, tls);
    }

    /** Another number of requests that may wait. */
    public NbdOptions withMaxQueued(int requests) {
        return new NbdOptions(connectTimeout, requestTimeout, maxInFlight, requests, metaContexts, transport, tls);
    }

    /** Other contexts. */
    public NbdOptions withMetaContexts(List<String> contexts) {
        return new NbdOptions(connectTimeout, requestTimeout, maxInFlight, maxQueued, contexts, transport, tls);
    }

    /** Other contexts. */
    public NbdOptions withMetaContexts(String... contexts) {
        return withMetaContexts(List.of(contexts));
    }

    /** Another way to open channels. */
    public NbdOptions withTransport(NbdTransport other) {
        return new NbdOptions(connectTimeout, requestTimeout, maxInFlight, maxQueued, metaContexts, other, tls);
    }

    /** TLS, required. */
    public NbdOptions withTls(NbdTls starter) {
        return new NbdOptions(
                connectTimeout, requestTimeout, maxInFlight, maxQueued, metaContexts, transport, Optional.of(starter));
    }
}
