// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.domain.JobStatistics;
import dev.virtwire.client.protocol.EventMessage;
import dev.virtwire.client.protocol.remote.DomainEventBlockJob2Message;
import dev.virtwire.client.protocol.remote.DomainEventBlockThresholdMessage;
import dev.virtwire.client.protocol.remote.DomainEventCallbackJobCompletedMessage;
import dev.virtwire.client.protocol.remote.DomainEventCallbackLifecycleMessage;
import dev.virtwire.client.protocol.remote.DomainEventId;
import dev.virtwire.client.protocol.remote.EventProcedures;
import java.util.function.BiFunction;
import java.util.function.ToIntFunction;

/**
 * A kind of domain event that can be subscribed to, by {@link Libvirt#events} or {@link Domain#events}.
 *
 * @param <E> the events
 */
public final class DomainEventKind<E extends DomainEvent> {
    /** A domain was defined, started, stopped and the like. */
    public static final DomainEventKind<LifecycleEvent> LIFECYCLE = new DomainEventKind<>(new Wire<>(
            DomainEventId.LIFECYCLE,
            EventProcedures.DOMAIN_EVENT_CALLBACK_LIFECYCLE,
            DomainEventCallbackLifecycleMessage.class,
            DomainEventCallbackLifecycleMessage::callbackId,
            (libvirt, body) -> new LifecycleEvent(Domain.of(libvirt, body.domain()), body.event(), body.detail())));

    /** A domain's job ended. */
    public static final DomainEventKind<JobCompletedEvent> JOB_COMPLETED = new DomainEventKind<>(new Wire<>(
            DomainEventId.JOB_COMPLETED,
            EventProcedures.DOMAIN_EVENT_CALLBACK_JOB_COMPLETED,
            DomainEventCallbackJobCompletedMessage.class,
            DomainEventCallbackJobCompletedMessage::callbackId,
            (libvirt, body) ->
                    new JobCompletedEvent(Domain.of(libvirt, body.domain()), JobStatistics.of(0, body.params()))));

    /** The job of one disk ended or changed. */
    public static final DomainEventKind<BlockJobEvent> BLOCK_JOB = new DomainEventKind<>(new Wire<>(
            DomainEventId.BLOCK_JOB2,
            EventProcedures.DOMAIN_EVENT_BLOCK_JOB2,
            DomainEventBlockJob2Message.class,
            DomainEventBlockJob2Message::callbackId,
            (libvirt, body) ->
                    new BlockJobEvent(Domain.of(libvirt, body.domain()), body.dst(), body.type(), body.status())));

    /** A disk was written past its threshold. */
    public static final DomainEventKind<BlockThresholdEvent> BLOCK_THRESHOLD = new DomainEventKind<>(new Wire<>(
            DomainEventId.BLOCK_THRESHOLD,
            EventProcedures.DOMAIN_EVENT_BLOCK_THRESHOLD,
            DomainEventBlockThresholdMessage.class,
            DomainEventBlockThresholdMessage::callbackId,
            (libvirt, body) -> new BlockThresholdEvent(
                    Domain.of(libvirt, body.domain()), body.dev(), body.path(), body.threshold(), body.excess())));

    private final Wire<?, E> wire;

    private DomainEventKind(Wire<?, E> wire) {
        this.wire = wire;
    }

    /** How the kind looks on the wire; for {@link Libvirt}. */
    public Wire<?, E> wire() {
        return wire;
    }

    /** The kind's name, for messages. */
    @Override
    public String toString() {
        return wire.id().name();
    }

    /**
     * A kind of event on the wire.
     *
     * @param <B> the message's body
     * @param <E> the event
     * @param id what is registered for
     * @param message the message that carries it
     * @param type the class of the body
     * @param callbackId reads whose registration the message answers
     * @param toEvent makes the event
     */
    public record Wire<B, E extends DomainEvent>(
            DomainEventId id,
            EventMessage<B> message,
            Class<B> type,
            ToIntFunction<B> callbackId,
            BiFunction<Libvirt, B, E> toEvent) {}
}
