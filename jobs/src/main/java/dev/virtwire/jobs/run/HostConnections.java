// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.run;

import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.CredentialRequest;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.ReconnectPolicy;
import dev.virtwire.client.UriExplanation;
import dev.virtwire.jobs.config.HostSettings;
import dev.virtwire.jobs.config.Secret;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The connections of a run, one to each host. */
final class HostConnections implements AutoCloseable {
    private static final long CLOSE_SECONDS = 2;

    private final Map<String, String> environment;
    private final Consumer<String> trustWeakened;
    private final Map<String, Libvirt> open = new LinkedHashMap<>();

    HostConnections(Map<String, String> environment, Consumer<String> trustWeakened) {
        this.environment = environment;
        this.trustWeakened = trustWeakened;
    }

    /** Connects, and waits until that has happened. */
    Libvirt connect(HostSettings host, Duration stallTimeout) {
        ConnectOptions.Builder options = ConnectOptions.builder()
                .credentials(asked -> answer(host, asked))
                .notices(trustWeakened);
        if (!stallTimeout.isZero()) {
            options.reconnect(ReconnectPolicy.usual().giveUpAfter(stallTimeout));
        }
        String uri = UriExplanation.resolve(host.uri(), environment).text();
        try {
            Libvirt libvirt = Libvirt.connect(uri, options.build()).join();
            open.put(host.name(), libvirt);
            return libvirt;
        } catch (RuntimeException e) {
            if (LibvirtException.unwrap(e) instanceof RuntimeException known) {
                throw known;
            }
            throw e;
        }
    }

    /** Nobody sits at a terminal: what no file says, is not said. */
    private CompletionStage<Optional<char[]>> answer(HostSettings host, CredentialRequest asked) {
        Secret password = host.password();
        String user = host.user();
        return CompletableFuture.completedFuture(
                switch (asked.kind()) {
                    case AUTHENTICATION_NAME -> Optional.ofNullable(user).map(String::toCharArray);
                    case PASSWORD ->
                        password == null
                                ? Optional.empty()
                                : Optional.of(password.read(environment).toCharArray());
                    case KEY_PASSPHRASE -> Optional.empty();
                });
    }

    @Override
    public void close() {
        // Gracefully if the server answers.
        open.values()
                .forEach(libvirt -> libvirt.closeAsync()
                        .completeOnTimeout(null, CLOSE_SECONDS, TimeUnit.SECONDS)
                        .join());
    }
}
