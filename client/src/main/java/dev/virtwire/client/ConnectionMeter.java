// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

/**
 * What a connection does at the moment. It may be asked on any thread and at any time; each answer is of its own
 * moment.
 *
 * @since 0.1
 */
public interface ConnectionMeter {
    /** The server, as messages name it: host and port, or {@code this host}. */
    String host();

    /** Whether there is a connection; false while one that was lost is made again, and after the end. */
    boolean isConnected();

    /** How many calls the server is at work on. */
    int inFlight();

    /** How many calls wait here for a free slot, or for the connection to be made again. */
    int waiting();

    /** The bytes of calls and streams that were sent so far, before TLS or ssh have wrapped them. */
    long bytesSent();

    /** The bytes that came so far, of events and streams too, after TLS or ssh have unwrapped them. */
    long bytesReceived();
}
