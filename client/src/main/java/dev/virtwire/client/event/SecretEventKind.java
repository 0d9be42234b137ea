// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import dev.virtwire.client.secret.Secret;
import dev.virtwire.protocol.EventMessage;
import dev.virtwire.protocol.remote.SecretEventId;
import dev.virtwire.protocol.remote.SecretProcedures;
import java.util.List;

/**
 * A kind of event of secrets, by libvirt's names ({@code VIR_SECRET_EVENT_ID_…}).
 *
 * @param <E> the events
 * @since 0.1
 */
public final class SecretEventKind<E extends SecretEvent> extends EventKind<Secret, E> {
    /** A secret was defined or undefined. */
    public static final SecretEventKind<SecretEvent.Lifecycle> LIFECYCLE =
            new SecretEventKind<>(SecretEventId.LIFECYCLE, SecretProcedures.SECRET_EVENT_LIFECYCLE);

    /** A secret got another value. */
    public static final SecretEventKind<SecretEvent.ValueChanged> VALUE_CHANGED =
            new SecretEventKind<>(SecretEventId.VALUE_CHANGED, SecretProcedures.SECRET_EVENT_VALUE_CHANGED);

    private SecretEventKind(SecretEventId id, EventMessage<?> message) {
        super("secret-" + word(id), id.value(), message);
    }

    /** All kinds, in the order of libvirt's numbers. */
    public static List<SecretEventKind<?>> all() {
        return List.of(LIFECYCLE, VALUE_CHANGED);
    }
}
