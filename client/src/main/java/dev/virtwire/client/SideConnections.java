// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.client.internal.Connector;
import dev.virtwire.client.internal.call.Session;
import dev.virtwire.protocol.CallOptions;
import dev.virtwire.protocol.StreamProcedure;
import dev.virtwire.protocol.remote.ConnectProcedures;
import dev.virtwire.protocol.stream.LibvirtStream;
import dev.virtwire.protocol.stream.Opened;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a connection's user has opened beside it: connections that serve one stream each. Each ends with its stream, and
 * all when the user closes; if the connection itself is lost, they stay.
 */
final class SideConnections {
    private final LibvirtUri uri;
    private final Session session;
    private final Set<CompletableFuture<Session>> connections = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /** None yet; {@code uri} is the session's. */
    SideConnections(LibvirtUri uri, Session session) {
        this.uri = uri;
        this.session = session;
    }

    /** Connects as the session did, and opens a stream there. */
    @SuppressWarnings("CollectionUndefinedEquality") // The very same future is meant.
    <A, R, S extends LibvirtStream> CompletableFuture<Opened<R, S>> open(
            StreamProcedure<A, R, S> procedure, A arguments, CallOptions callOptions) {
        if (closed) {
            // It refuses all calls, and says why.
            return session.open(procedure, arguments, callOptions);
        }
        CompletableFuture<Session> connected =
                Connector.connect(uri, session.options().forOneStream());
        connections.add(connected);
        if (closed) {
            close();
        }
        CompletableFuture<Opened<R, S>> result =
                connected.thenCompose(aside -> aside.open(procedure, arguments, callOptions, true));
        result.whenComplete((opened, failure) -> {
            if (opened == null) {
                connections.remove(connected);
                connected.thenAccept(Session::close);
            } else {
                opened.stream().closed().whenComplete((done, cause) -> {
                    connections.remove(connected);
                    connected.thenAccept(aside -> aside.closeAfter(ConnectProcedures.CONNECT_CLOSE));
                });
            }
        });
        return result;
    }

    /** Ends all, at once. */
    void close() {
        closed = true;
        for (CompletableFuture<Session> connected : connections) {
            connected.completeExceptionally(
                    new ConnectionLostException(session.host() + ": the connection was closed by this side"));
            connected.thenAccept(Session::close);
        }
    }
}
