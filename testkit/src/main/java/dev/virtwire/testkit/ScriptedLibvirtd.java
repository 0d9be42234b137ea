// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import dev.virtwire.protocol.EventMessage;
import dev.virtwire.protocol.Procedure;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.AuthListResult;
import dev.virtwire.protocol.remote.AuthProcedures;
import dev.virtwire.protocol.remote.ConnectGetHostnameResult;
import dev.virtwire.protocol.remote.ConnectProcedures;
import dev.virtwire.protocol.remote.ConnectSupportsFeatureResult;
import dev.virtwire.protocol.remote.Feature;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A libvirtd that answers what a test tells it to, for what a real one cannot be made to do: rare errors, late answers
 * or none, a connection that ends in the middle of a call, events on command, results of another version. It needs
 * neither libvirt nor root.
 *
 * <p>It speaks the protocol over TCP on 127.0.0.1, without authentication, with any number of clients. It greets them,
 * answers their keepalive, and says that its host is {@code scripted} and that it has every feature, but for telling of
 * its driver's end. Any other procedure fails with
 * {@link ErrorCode#NO_SUPPORT} until {@link #answer} gives it an answer. Like a real server it works on the calls of a
 * client at the same time, so an answer may take its time, and a later call's may come first.
 *
 * <pre>{@code
 * try (ScriptedLibvirtd libvirtd = ScriptedLibvirtd.start()) {
 *     libvirtd.answer(DomainProcedures.DOMAIN_LOOKUP_BY_NAME, asked -> {
 *         throw new ScriptedError(ErrorCode.NO_DOMAIN, "no domain " + asked.name());
 *     });
 *     Libvirt libvirt = Libvirt.connect(libvirtd.uri()).join();
 *     …
 * }
 * }</pre>
 *
 * <p>Safe for several threads; what is said of a procedure holds for calls that come later.
 *
 * @since 0.1
 */
public final class ScriptedLibvirtd implements AutoCloseable {
    private static final int BACKLOG = 50;

    /** What becomes of a call. */
    sealed interface Reaction {
        /** It is answered. */
        record Answer<A, R>(Procedure<A, R> procedure, Function<? super A, ? extends @Nullable R> function)
                implements Reaction {}

        /** It is answered by these bytes after the header of a good reply. */
        record Body(ByteBuffer bytes) implements Reaction {}

        /** It stays unanswered. */
        record Silence() implements Reaction {}

        /** The connection ends. */
        record HangUp() implements Reaction {}
    }

    /** What makes a procedure unique. */
    record Key(int program, int number) {
        static Key of(Procedure<?, ?> procedure) {
            return new Key(procedure.program(), procedure.number());
        }
    }

    private final ServerSocket listener;
    private final Map<Key, Reaction> reactions = new ConcurrentHashMap<>();
    private final Set<ScriptedConnection> connections = ConcurrentHashMap.newKeySet();
    private final List<Key> calls = new CopyOnWriteArrayList<>();

    private ScriptedLibvirtd(ServerSocket listener) {
        this.listener = listener;
    }

    /**
     * Listens on a free port.
     *
     * @throws TestkitException if that fails
     */
    public static ScriptedLibvirtd start() {
        ScriptedLibvirtd libvirtd = byHand();
        ScriptedConnection.daemon(libvirtd::serve);
        return libvirtd;
    }

    /**
     * As {@link #start}, but does nothing by itself: a test {@link #accept accepts} each client, and then reads and
     * writes every message of it.
     *
     * @throws TestkitException if that fails
     */
    public static ScriptedLibvirtd byHand() {
        ScriptedLibvirtd libvirtd;
        try {
            libvirtd = new ScriptedLibvirtd(new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress()));
        } catch (IOException e) {
            throw new TestkitException("no port to listen on: " + e.getMessage(), e);
        }
        libvirtd.answer(AuthProcedures.AUTH_LIST, none -> new AuthListResult(List.of(0)))
                .answer(
                        ConnectProcedures.CONNECT_SUPPORTS_FEATURE,
                        feature -> new ConnectSupportsFeatureResult(
                                feature.feature() == Feature.REMOTE_CLOSE_CALLBACK.value() ? 0 : 1))
                .answer(ConnectProcedures.CONNECT_OPEN, name -> null)
                .answer(ConnectProcedures.CONNECT_CLOSE, none -> null)
                .answer(ConnectProcedures.CONNECT_GET_HOSTNAME, none -> new ConnectGetHostnameResult("scripted"));
        return libvirtd;
    }

    /** The connection URI, with the test driver's name: {@code test+tcp://127.0.0.1:PORT/default}. */
    public String uri() {
        return "test+tcp://" + host() + "/default";
    }

    /** Host and port, as errors of the client name the server. */
    public String host() {
        return "127.0.0.1:" + listener.getLocalPort();
    }

    /**
     * Answers a procedure from now on.
     *
     * @param function makes the result of the arguments, on a thread of the call's own; for a procedure without a
     *     result it returns null. If it throws a {@link ScriptedError}, the call fails with that; any other
     *     exception ends the connection, as a crash of the server would
     */
    public <A, R> ScriptedLibvirtd answer(
            Procedure<A, R> procedure, Function<? super A, ? extends @Nullable R> function) {
        reactions.put(Key.of(procedure), new Reaction.Answer<>(procedure, function));
        return this;
    }

    /** Answers a procedure with a good header and these bytes, which need not be a result at all. */
    public ScriptedLibvirtd answerWithBytes(Procedure<?, ?> procedure, byte[] body) {
        reactions.put(Key.of(procedure), new Reaction.Body(ByteBuffer.wrap(body.clone())));
        return this;
    }

    /** Takes calls of a procedure and never answers them. */
    public ScriptedLibvirtd leaveUnanswered(Procedure<?, ?> procedure) {
        reactions.put(Key.of(procedure), new Reaction.Silence());
        return this;
    }

    /** Closes the connection on which a call of the procedure comes, instead of answering. */
    public ScriptedLibvirtd hangUpAt(Procedure<?, ?> procedure) {
        reactions.put(Key.of(procedure), new Reaction.HangUp());
        return this;
    }

    /** Sends an event to every client that is connected, whether it has registered for it or not. */
    public <T> void send(EventMessage<T> message, T event) {
        connections.forEach(connection -> connection.send(message, event));
    }

    /** Closes all connections at once; new ones are welcome. */
    public void hangUp() {
        connections.forEach(ScriptedConnection::close);
    }

    /** How often the procedure was called until now, by all clients. */
    public int callsOf(Procedure<?, ?> procedure) {
        Key key = Key.of(procedure);
        return (int) calls.stream().filter(key::equals).count();
    }

    /** Ends all connections and listens no more. Idempotent. */
    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new TestkitException("the port cannot be closed: " + e.getMessage(), e);
        } finally {
            hangUp();
        }
    }

    /** Notes a call and returns what a test wants to become of it; null if no test has said so. */
    @Nullable
    Reaction called(Key key) {
        calls.add(key);
        return reactions.get(key);
    }

    void gone(ScriptedConnection connection) {
        connections.remove(connection);
    }

    /** By hand: waits for a client, and answers its greeting, without authentication. */
    public ScriptedConnection accept() {
        ScriptedConnection connection = acceptSilently();
        connection.greet();
        return connection;
    }

    /** By hand: waits for a client, and answers nothing. */
    public ScriptedConnection acceptSilently() {
        try {
            return next();
        } catch (IOException e) {
            throw new TestkitException("no client came: " + e.getMessage(), e);
        }
    }

    private ScriptedConnection next() throws IOException {
        ScriptedConnection connection = new ScriptedConnection(this, listener.accept());
        connections.add(connection);
        if (listener.isClosed()) {
            connection.close();
        }
        return connection;
    }

    private void serve() {
        try {
            while (true) {
                ScriptedConnection.daemon(next()::serve);
            }
        } catch (IOException e) {
            // Closed: there is nobody left to tell.
        }
    }
}
