// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command;

import dev.virtwire.cli.output.CommandException;
import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.ReconnectPolicy;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.UriExplanation;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.protocol.error.ErrorCode;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;

/** A subcommand that speaks with a host. */
public abstract class ConnectedCommand extends AbstractCommand {
    private static final Pattern UUID_FORM = Pattern.compile("\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}");
    private static final long CLOSE_SECONDS = 2;

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    /** Does the command's work on an open connection, and returns the exit code. */
    protected abstract int run(Libvirt libvirt) throws Exception;

    @Override
    public Integer call() throws Exception {
        Libvirt libvirt = connect(uri());
        try {
            return run(libvirt);
        } finally {
            // Gracefully if the server answers; the process ends in any case.
            libvirt.closeAsync()
                    .completeOnTimeout(null, CLOSE_SECONDS, TimeUnit.SECONDS)
                    .join();
        }
    }

    /** Connects as {@link #connect(String, Consumer)}, and prints the warnings. */
    protected final Libvirt connect(String uri) {
        return connect(uri, reconnectsFor(), this::warn);
    }

    /**
     * Connects, and waits until that has happened; the person at the terminal is asked for passwords that no file has.
     *
     * @param warnings is told once what weakens trust in the connection
     */
    public static Libvirt connect(String uri, Consumer<String> warnings) {
        return connect(uri, Duration.ZERO, warnings);
    }

    private static Libvirt connect(String uri, Duration reconnectsFor, Consumer<String> warnings) {
        ConnectOptions.Builder options = ConnectOptions.builder()
                .credentials(TerminalCredentials.ofThisProcess())
                .notices(warnings);
        if (!reconnectsFor.isZero()) {
            options.reconnect(ReconnectPolicy.usual().giveUpAfter(reconnectsFor));
        }
        return await(Libvirt.connect(uri, options.build()));
    }

    /** For how long a lost connection is made again; 0 for not at all. */
    protected Duration reconnectsFor() {
        return Duration.ZERO;
    }

    /** The host's URI: that of the command line, else libvirt's default. */
    protected final String uri() {
        return UriExplanation.resolve(
                        connection.uri(root().connection()), console().environment())
                .text();
    }

    /** Whether a URI was given on the command line. */
    protected final boolean uriGiven() {
        return connection.given() || root().connection().given();
    }

    /** The domain of that name, else of that UUID. */
    protected static Domain domain(Libvirt libvirt, String nameOrUuid) {
        Optional<Domain> found = find(libvirt.domain(nameOrUuid), ErrorCode.NO_DOMAIN);
        if (found.isEmpty() && UUID_FORM.matcher(nameOrUuid).matches()) {
            found = find(libvirt.domain(UUID.fromString(nameOrUuid)), ErrorCode.NO_DOMAIN);
        }
        return found.orElseThrow(() -> CommandException.notFound(
                "there is no domain '" + nameOrUuid + "' on " + libvirt.uri().where()));
    }

    /** What a call brought; empty if the server answered with this error. */
    protected static <T> Optional<T> find(CompletableFuture<T> call, ErrorCode unless) {
        try {
            return Optional.of(await(call));
        } catch (RemoteException e) {
            if (e.is(unless)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** What a call brought, or its own exception. */
    protected static <T extends @Nullable Object> T await(CompletableFuture<T> call) {
        try {
            return call.join();
        } catch (RuntimeException e) {
            Throwable cause = LibvirtException.unwrap(e);
            if (cause instanceof RuntimeException known) {
                throw known;
            }
            throw e;
        }
    }
}
