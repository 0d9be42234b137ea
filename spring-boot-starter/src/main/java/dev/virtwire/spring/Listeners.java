// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.spring;

import dev.virtwire.client.CallReport;
import dev.virtwire.client.CloseReason;
import dev.virtwire.client.ConnectionListener;
import dev.virtwire.client.ConnectionMeter;
import dev.virtwire.client.LibvirtException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Several listeners as one. */
final class Listeners implements ConnectionListener {
    private static final Logger LOG = LoggerFactory.getLogger(Listeners.class);

    private final List<ConnectionListener> all;

    Listeners(List<ConnectionListener> all) {
        this.all = List.copyOf(all);
    }

    /** One that fails takes nothing from the others. */
    private void each(Consumer<ConnectionListener> report) {
        for (ConnectionListener listener : all) {
            try {
                report.accept(listener);
            } catch (RuntimeException e) {
                LOG.warn("{} failed", listener, e);
            }
        }
    }

    @Override
    public void opened(ConnectionMeter connection) {
        each(listener -> listener.opened(connection));
    }

    @Override
    public void called(ConnectionMeter connection, CallReport call) {
        each(listener -> listener.called(connection, call));
    }

    @Override
    public void lost(ConnectionMeter connection, LibvirtException cause) {
        each(listener -> listener.lost(connection, cause));
    }

    @Override
    public void reconnected(ConnectionMeter connection, Duration gap) {
        each(listener -> listener.reconnected(connection, gap));
    }

    @Override
    public void eventsLost(ConnectionMeter connection, String subscription, long events) {
        each(listener -> listener.eventsLost(connection, subscription, events));
    }

    @Override
    public void closed(ConnectionMeter connection, CloseReason reason) {
        each(listener -> listener.closed(connection, reason));
    }

    @Override
    public void missed(ConnectionMeter connection, long reports) {
        each(listener -> listener.missed(connection, reports));
    }
}
