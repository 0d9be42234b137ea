// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import dev.virtwire.client.internal.text.RecordText;
import dev.virtwire.client.secret.Secret;
import dev.virtwire.protocol.remote.SecretEventType;
import java.util.Optional;

/**
 * Something that happened to a secret. No event carries its value.
 *
 * @since 0.1
 */
public sealed interface SecretEvent extends Event {
    /** The secret. */
    Secret secret();

    /**
     * A secret was defined or undefined ({@code VIR_SECRET_EVENT_ID_LIFECYCLE}).
     *
     * @param typeNumber what happened
     * @param detail 0; libvirt has no others
     * @since 0.1
     */
    record Lifecycle(Secret secret, int typeNumber, int detail) implements SecretEvent {
        /** What happened. */
        public Optional<SecretEventType> type() {
            return SecretEventType.of(typeNumber);
        }

        /** With the names of its numbers. */
        @Override
        public String toString() {
            return RecordText.of("Lifecycle")
                    .with("secret", secret)
                    .with("type", type(), typeNumber)
                    .with("detail", detail)
                    .toString();
        }
    }

    /**
     * A secret got another value ({@code VIR_SECRET_EVENT_ID_VALUE_CHANGED}).
     *
     * @since 0.1
     */
    record ValueChanged(Secret secret) implements SecretEvent {}
}
