// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import dev.virtwire.protocol.remote.ConnectSecretEventDeregisterAnyArgs;
import dev.virtwire.protocol.remote.ConnectSecretEventRegisterAnyArgs;
import dev.virtwire.protocol.remote.ConnectSecretEventRegisterAnyResult;
import dev.virtwire.protocol.remote.SecretEventId;
import dev.virtwire.protocol.remote.SecretEventLifecycleMessage;
import dev.virtwire.protocol.remote.SecretEventValueChangedMessage;
import dev.virtwire.protocol.remote.SecretProcedures;
import dev.virtwire.protocol.remote.SecretRef;
import java.util.List;

/**
 * A kind of event of secrets, by libvirt's names ({@code VIR_SECRET_EVENT_ID_…}).
 *
 * @param <E> the events
 * @since 0.1
 */
public final class SecretEventKind<E extends SecretEvent> extends EventKind<SecretRef, E> {
    /** A secret was defined or undefined. */
    public static final SecretEventKind<SecretEvent.Lifecycle> LIFECYCLE = new SecretEventKind<>(
            SecretEventId.LIFECYCLE,
            new Wire<>(
                    SecretProcedures.SECRET_EVENT_LIFECYCLE,
                    SecretEventLifecycleMessage::callbackId,
                    (libvirt, body) -> new SecretEvent.Lifecycle(body.secret(), body.event(), body.detail()),
                    registry(SecretEventId.LIFECYCLE)));

    /** A secret got another value. */
    public static final SecretEventKind<SecretEvent.ValueChanged> VALUE_CHANGED = new SecretEventKind<>(
            SecretEventId.VALUE_CHANGED,
            new Wire<>(
                    SecretProcedures.SECRET_EVENT_VALUE_CHANGED,
                    SecretEventValueChangedMessage::callbackId,
                    (libvirt, body) -> new SecretEvent.ValueChanged(body.secret()),
                    registry(SecretEventId.VALUE_CHANGED)));

    private SecretEventKind(SecretEventId id, Wire<SecretRef, ?, E> wire) {
        super("secret-" + word(id), wire);
    }

    /** All kinds, in the order of libvirt's numbers. */
    public static List<SecretEventKind<?>> all() {
        return List.of(LIFECYCLE, VALUE_CHANGED);
    }

    private static Registry<SecretRef> registry(SecretEventId id) {
        return new Calls<>(
                SecretProcedures.CONNECT_SECRET_EVENT_REGISTER_ANY,
                of -> new ConnectSecretEventRegisterAnyArgs(id.value(), of),
                ConnectSecretEventRegisterAnyResult::callbackId,
                SecretProcedures.CONNECT_SECRET_EVENT_DEREGISTER_ANY,
                ConnectSecretEventDeregisterAnyArgs::new,
                SecretRef::uuid,
                "all secrets",
                secret -> secret.uuid().toString());
    }
}
