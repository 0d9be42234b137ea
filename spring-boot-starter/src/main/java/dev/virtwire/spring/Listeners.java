// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.spring;

import dev.virtwire.client.CallReport;
import dev.virtwire.client.CloseReason;
import dev.virtwire.client.ConnectionListener;
import dev.virtwire.client.ConnectionMeter;
import dev.virtwire.client.LibvirtException;
import java.time.Duration;
import java.util.List;

/** Several listeners as one. */
final class Listeners implements ConnectionListener {
    private final List<ConnectionListener> all;

    Listeners(List<ConnectionListener> all) {
        this.all = List.copyOf(all);
    }

    @Override
    public void opened(ConnectionMeter connection) {
        all.forEach(listener -> listener.opened(connection));
    }

    @Override
    public void called(ConnectionMeter connection, CallReport call) {
        all.forEach(listener -> listener.called(connection, call));
    }

    @Override
    public void lost(ConnectionMeter connection, LibvirtException cause) {
        all.forEach(listener -> listener.lost(connection, cause));
    }

    @Override
    public void reconnected(ConnectionMeter connection, Duration gap) {
        all.forEach(listener -> listener.reconnected(connection, gap));
    }

    @Override
    public void eventsLost(ConnectionMeter connection, String subscription, long events) {
        all.forEach(listener -> listener.eventsLost(connection, subscription, events));
    }

    @Override
    public void closed(ConnectionMeter connection, CloseReason reason) {
        all.forEach(listener -> listener.closed(connection, reason));
    }

    @Override
    public void missed(ConnectionMeter connection, long reports) {
        all.forEach(listener -> listener.missed(connection, reports));
    }
}
