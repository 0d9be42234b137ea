// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands sentences on to a listener, each once; a listener that fails does not end what they are about. */
final class Notices implements Consumer<String> {
    private static final Logger LOG = LoggerFactory.getLogger(Notices.class);

    private final Consumer<String> listener;
    private final Set<String> given = ConcurrentHashMap.newKeySet();

    private Notices(Consumer<String> listener) {
        this.listener = listener;
    }

    /** As the listener, but each sentence is given once; one that is like that already stays as it is. */
    static Consumer<String> onceEach(Consumer<String> listener) {
        return listener instanceof Notices ? listener : new Notices(listener);
    }

    @Override
    public void accept(String notice) {
        if (given.add(notice)) {
            try {
                listener.accept(notice);
            } catch (RuntimeException e) {
                LOG.warn("A listener failed at the notice '{}'", notice, e);
            }
        }
    }
}
