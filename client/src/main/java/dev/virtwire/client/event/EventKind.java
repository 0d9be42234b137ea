// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.Version;
import dev.virtwire.protocol.CallOptions;
import dev.virtwire.protocol.EventMessage;
import dev.virtwire.protocol.Procedure;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A kind of event that can be subscribed to by {@link Libvirt#events(EventKind)}: those of {@link DomainEventKind},
 * {@link NetworkEventKind}, {@link StoragePoolEventKind}, {@link NodeDeviceEventKind}, {@link SecretEventKind}, and QEMU's
 * own by {@link MonitorEventKind}.
 *
 * @param <T> what it happens to
 * @param <E> the events
 * @since 0.1
 */
public abstract sealed class EventKind<T, E extends Event>
        permits DomainEventKind,
                MonitorEventKind,
                NetworkEventKind,
                NodeDeviceEventKind,
                SecretEventKind,
                StoragePoolEventKind {
    private final String name;
    private final Wire<T, ?, E> wire;

    EventKind(String name, Wire<T, ?, E> wire) {
        this.name = name;
        this.wire = wire;
    }

    /** The kind's name in libvirt's words, such as {@code device-removed} or {@code network-lifecycle}. */
    public final String name() {
        return name;
    }

    /** The libvirt that brought it; an older server refuses a subscription to it. */
    public final Version since() {
        return Version.parse(wire.message().since());
    }

    /** Those kinds that a server of this version knows, such as {@link Libvirt#libvirtVersion} tells. */
    public static <K extends EventKind<?, ?>> List<K> knownTo(Version server, Collection<K> kinds) {
        return kinds.stream()
                .filter(kind -> kind.since().compareTo(server) <= 0)
                .toList();
    }

    /** How the kind looks on the wire; for {@link Libvirt}. */
    public final Wire<T, ?, E> wire() {
        return wire;
    }

    /** The kind's name. */
    @Override
    public final String toString() {
        return name;
    }

    /** A constant's name in libvirt's words: {@code BLOCK_JOB2} is {@code block-job-2}. */
    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-').replaceFirst("(?<=[a-z])(?=\\d)", "-");
    }

    /**
     * A kind of event on the wire.
     *
     * @param <T> what it happens to
     * @param <B> the message's body
     * @param <E> the event
     * @param message the message that carries it
     * @param callbackId reads whose registration the message answers
     * @param toEvent makes the event
     * @param registry registers for it
     */
    public record Wire<T, B, E>(
            EventMessage<B> message,
            ToIntFunction<B> callbackId,
            BiFunction<Libvirt, B, E> toEvent,
            Registry<T> registry) {}

    /**
     * Registers with the server for a kind of event.
     *
     * @param <T> what it happens to
     */
    public interface Registry<T> {
        /**
         * Registers.
         *
         * @param object of which; null for all
         * @param undo takes the id of a registration that came when nobody waited for it any more
         * @return the callback id, which is unique among those of the same sort of object
         */
        CompletableFuture<Integer> register(Libvirt libvirt, @Nullable T object, Consumer<Integer> undo);

        /** Takes a registration back. */
        CompletableFuture<Void> deregister(Libvirt libvirt, int callbackId);

        /** What tells an object from others: the server takes registrations for two that are equal for the same. */
        Object identity(T object);

        /** What the events are of, for messages. */
        String describe(@Nullable T object);
    }

    /**
     * The registry of one sort of object.
     *
     * @param <T> the objects
     * @param <A> the arguments of the call that registers
     * @param <R> its result
     * @param <D> the arguments of the call that takes it back
     */
    record Calls<T, A, R, D>(
            Procedure<A, R> procedure,
            Function<@Nullable T, A> arguments,
            ToIntFunction<R> callbackId,
            Procedure<D, Void> back,
            IntFunction<D> backArguments,
            Function<T, Object> identifying,
            String all,
            Function<T, String> naming)
            implements Registry<T> {
        @Override
        public CompletableFuture<Integer> register(Libvirt libvirt, @Nullable T object, Consumer<Integer> undo) {
            return libvirt.call(
                            procedure,
                            arguments.apply(object),
                            CallOptions.DEFAULT,
                            late -> undo.accept(callbackId.applyAsInt(late)))
                    .thenApply(callbackId::applyAsInt);
        }

        @Override
        public CompletableFuture<Void> deregister(Libvirt libvirt, int id) {
            return libvirt.call(back, backArguments.apply(id), CallOptions.DEFAULT);
        }

        @Override
        public Object identity(T object) {
            return identifying.apply(object);
        }

        @Override
        public String describe(@Nullable T object) {
            return object == null ? all : naming.apply(object);
        }
    }
}
