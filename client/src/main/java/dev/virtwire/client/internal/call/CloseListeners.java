// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.call;

import dev.virtwire.client.LibvirtException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who hears the end of a session. On its event loop. */
final class CloseListeners {
    private static final Logger LOG = LoggerFactory.getLogger(CloseListeners.class);

    private final List<Consumer<LibvirtException>> listeners = new ArrayList<>();

    void add(Consumer<LibvirtException> listener) {
        listeners.add(listener);
    }

    /** Tells each, once, with an error of its own; one that fails keeps it from no other. */
    void tellAll(String host, Supplier<LibvirtException> end) {
        for (Consumer<LibvirtException> listener : listeners) {
            try {
                listener.accept(end.get());
            } catch (RuntimeException e) {
                LOG.warn("{}: a listener to the end of the connection failed", host, e);
            }
        }
        listeners.clear();
    }
}
