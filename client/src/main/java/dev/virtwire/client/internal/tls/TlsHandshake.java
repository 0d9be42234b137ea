// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.tls;

import dev.virtwire.client.AuthenticationException;
import dev.virtwire.client.ConnectFailedException;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.LibvirtUri;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/**
 * Waits behind the {@link SslHandler} until TLS stands and the server has said by one byte that it lets this side in;
 * then goes away. A server that does not hangs up in place of that byte, which with TLS 1.3 is the first that one hears
 * of it.
 */
public final class TlsHandshake extends ByteToMessageDecoder {
    private static final int WELCOME = 1;
    private static final Pattern ALERT = Pattern.compile("fatal alert: (\\w+)");

    /** What a server says that does not like our certificate. */
    private static final Set<String> CERTIFICATE_ALERTS = Set.of(
            "bad_certificate",
            "unsupported_certificate",
            "certificate_revoked",
            "certificate_expired",
            "certificate_unknown",
            "certificate_required",
            "unknown_ca",
            "access_denied",
            "decrypt_error",
            "no_certificate");

    private final LibvirtUri uri;
    private final TlsSettings settings;
    private final CompletableFuture<Channel> done;

    /**
     * For a channel that has an {@link SslHandler} before this one.
     *
     * @param done completed with the channel, or with the reason why not
     */
    public TlsHandshake(LibvirtUri uri, TlsSettings settings, CompletableFuture<Channel> done) {
        this.uri = uri;
        this.settings = settings;
        this.done = done;
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        int verdict = in.readUnsignedByte();
        if (verdict == WELCOME) {
            context.channel().config().setAutoRead(false);
            context.pipeline().remove(this);
            done.complete(context.channel());
        } else {
            fail(
                    context,
                    new ConnectFailedException(
                            "cannot connect to %s: the server's first byte is %d, and libvirt's is %d; is it libvirtd?"
                                    .formatted(uri, verdict, WELCOME)));
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        SslHandler tls = context.pipeline().get(SslHandler.class);
        boolean stands = tls != null && tls.handshakeFuture().isSuccess();
        fail(
                context,
                stands
                        ? new AuthenticationException(
                                "%s: the server hung up after the TLS handshake: it refused %s; its log says why"
                                        .formatted(uri, own()))
                        : hungUp(null));
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        // Comes before the channel is closed for it, so that the reason is not lost behind the end.
        if (event instanceof SslHandshakeCompletionEvent handshake && !handshake.isSuccess()) {
            fail(context, explain(handshake.cause()));
        }
        context.fireUserEventTriggered(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        fail(context, explain(cause));
    }

    private LibvirtException explain(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ServerRefusedException refused) {
                return new AuthenticationException(uri + ": " + refused.getMessage(), failure, true);
            }
            if (cause instanceof NotSslRecordException) {
                return new ConnectFailedException(
                        "cannot connect to %s: host %s port %d answers, and not in TLS"
                                .formatted(uri, settings.host(), settings.port()),
                        failure);
            }
            if (cause instanceof SSLPeerUnverifiedException) {
                return new AuthenticationException(uri + ": the server showed no certificate", failure);
            }
            Matcher alert = ALERT.matcher(String.valueOf(cause.getMessage()));
            if (alert.find()) {
                return alert(alert.group(1).toLowerCase(Locale.ROOT), failure);
            }
            if (cause instanceof IOException
                    && String.valueOf(cause.getMessage()).contains("reset")) {
                return hungUp(failure);
            }
            if (cause.getMessage() != null && cause.getMessage().contains("closed while SSL/TLS handshake")) {
                return hungUp(failure);
            }
        }
        return new ConnectFailedException(
                "cannot connect to %s: TLS failed: %s".formatted(uri, failure.getMessage()), failure);
    }

    private LibvirtException alert(String name, Throwable failure) {
        if (CERTIFICATE_ALERTS.contains(name)) {
            return new AuthenticationException(
                    "%s: the server refused %s (TLS alert %s)".formatted(uri, own(), name), failure);
        }
        return new ConnectFailedException(
                "cannot connect to %s: the server ended the TLS handshake with the alert %s; it and this side may have no version or cipher in common, or it wants a certificate and did not get %s"
                        .formatted(uri, name, own()),
                failure);
    }

    private ConnectFailedException hungUp(@Nullable Throwable failure) {
        return new ConnectFailedException(
                "cannot connect to %s: host %s port %d hung up in the TLS handshake; does libvirtd listen there for TLS?"
                        .formatted(uri, settings.host(), settings.port()),
                failure);
    }

    /** This side's certificate, in words. */
    private String own() {
        CertificateFiles files = settings.files();
        return Stream.of(files.certificate(), files.key())
                .flatMap(file -> CertificateFiles.whyMissing(file).stream())
                .findFirst()
                .map(why -> "this side without a certificate, since " + why)
                .orElseGet(() -> "this side's certificate " + files.certificate());
    }

    private void fail(ChannelHandlerContext context, LibvirtException why) {
        done.completeExceptionally(why);
        context.close();
    }
}
