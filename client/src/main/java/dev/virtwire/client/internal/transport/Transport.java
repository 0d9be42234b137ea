// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.transport;

import dev.virtwire.client.ConnectFailedException;
import dev.virtwire.client.internal.auth.Protection;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.util.AttributeKey;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;

/**
 * One way to one server: a URI's, made by {@link Transports}, which has refused what the transport cannot do. Making
 * one opens nothing and asks nobody.
 *
 * <p>Handlers stand in a channel's pipeline in this order, from the network to the user:
 *
 * <ol>
 *   <li>what the transport needs, such as TLS;
 *   <li>a security layer of authentication, put there when it comes into force;
 *   <li>{@link dev.virtwire.client.internal.wire.FrameDecoder}, which cuts the bytes of libvirt's protocol into
 *   messages;
 *   <li>the connection.
 * </ol>
 *
 * <p>The transport puts only its own there. What it leaves must hand on {@code ByteBuf}s of the protocol and nothing
 * else: neither greetings nor verdicts.
 */
public interface Transport {
    /** What a channel by TLS leaves there: makes further engines that show and check the same certificates. */
    AttributeKey<Supplier<SSLEngine>> TLS_ENGINES = AttributeKey.valueOf(Transport.class, "engines");

    /**
     * Opens a channel. What may block (names, files, a user who is asked for a passphrase) happens on threads of its
     * own, neither on the caller's nor on an event loop.
     *
     * @param group whose loops the channel runs on
     * @return the channel when it is ready for the protocol's first byte: connected, encrypted, the server convinced as
     *     far as that belongs to the transport. It does not read by itself then: its user puts handlers into its
     *     pipeline and turns reading on. Closing it ends all that belongs to it. Fails with
     *     {@link ConnectFailedException} or {@link dev.virtwire.client.AuthenticationException}; cancelling it ends the
     *     attempt, and a channel that came about meanwhile is closed
     */
    CompletableFuture<Channel> open(EventLoopGroup group);

    /** What {@link #open} would connect to, in words: a host and its port, or a socket's path. */
    String target();

    /** What was looked at and decided on the way to the target, a sentence each, for whoever wonders. */
    List<String> reasons();

    /** What the channel that {@link #open} gave last promises. */
    Protection protection();
}
