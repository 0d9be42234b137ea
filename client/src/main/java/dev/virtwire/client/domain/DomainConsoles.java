// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.domain;

import dev.virtwire.client.internal.access.LibvirtAccess;
import dev.virtwire.client.internal.stream.StreamWork;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.ChannelFlags;
import dev.virtwire.protocol.remote.ConsoleCalls;
import dev.virtwire.protocol.remote.ConsoleFlags;
import dev.virtwire.protocol.remote.ConsoleProcedures;
import dev.virtwire.protocol.remote.DomainScreenshotArgs;
import dev.virtwire.protocol.remote.DomainScreenshotResult;
import dev.virtwire.protocol.remote.KeycodeSet;
import dev.virtwire.protocol.stream.DuplexStream;
import dev.virtwire.protocol.stream.Opened;
import dev.virtwire.protocol.stream.ReadableStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The consoles, channels and screens of a domain. {@link Domain#consoles()} gives it; it holds no state.
 *
 * @since 0.1
 */
public final class DomainConsoles {
    private static final int SCREENSHOT_PART = 64 << 10;

    private final Domain domain;

    DomainConsoles(Domain domain) {
        this.domain = domain;
    }

    /**
     * Opens a serial or parallel console, both ways ({@code virDomainOpenConsole}). The stream shares this connection,
     * so read it: more than {@link dev.virtwire.client.ConnectOptions#streamBuffer()} unread bytes end it. A guest that
     * takes no input for long makes the server stop reading this connection once its own buffers are full; for more
     * than what somebody types connect once more.
     *
     * @param device its alias in the domain's XML, such as {@code serial0}; null for the first
     * @param flags {@link ConsoleFlags#FORCE} takes it from whoever has it; without it that fails with
     *     {@link ErrorCode#OPERATION_FAILED}
     */
    public CompletableFuture<DuplexStream> open(@Nullable String device, ConsoleFlags... flags) {
        return StreamWork.stream(
                new ConsoleCalls(domain.libvirt()).domainOpenConsole(domain.ref(), device, Set.of(flags)));
    }

    /**
     * Opens a channel to the guest, as {@link #open} ({@code virDomainOpenChannel}).
     *
     * @param name the channel's target name or its alias; null for the first
     */
    public CompletableFuture<DuplexStream> openChannel(@Nullable String name, ChannelFlags... flags) {
        return StreamWork.stream(
                new ConsoleCalls(domain.libvirt()).domainOpenChannel(domain.ref(), name, Set.of(flags)));
    }

    /**
     * Presses keys, all at once, and lets them go ({@code virDomainSendKey}). Several that follow each other are
     * several calls.
     *
     * @param codes what the numbers mean; {@link KeycodeSet#LINUX} has those of {@code linux/input-event-codes.h}
     * @param held for how long, in whole milliseconds; {@link Duration#ZERO} lets the hypervisor choose
     * @param keys at most 16
     */
    public CompletableFuture<Void> sendKeys(KeycodeSet codes, Duration held, int... keys) {
        return new ConsoleCalls(domain.libvirt())
                .domainSendKey(
                        domain.ref(),
                        codes,
                        held.toMillis(),
                        Arrays.stream(keys).asLongStream().boxed().toList());
    }

    /**
     * A picture of a screen ({@code virDomainScreenshot}), fetched over a connection of its own.
     *
     * @param screen which, from 0
     * @return fails with {@link ErrorCode#INVALID_ARG} if the domain has no such screen
     */
    public CompletableFuture<Screenshot> screenshot(int screen) {
        LibvirtAccess access = LibvirtAccess.to(domain.libvirt());
        CompletableFuture<Opened<DomainScreenshotResult, ReadableStream>> opened = access.openApart(
                ConsoleProcedures.DOMAIN_SCREENSHOT, new DomainScreenshotArgs(domain.ref(), screen, 0));
        return StreamWork.run(StreamWork.stream(opened), access.newFuture(), stream -> {
            ByteArrayOutputStream image = new ByteArrayOutputStream();
            ByteBuffer part = ByteBuffer.allocate(SCREENSHOT_PART);
            int length;
            while ((length = stream.read(part.clear()).join()) >= 0) {
                image.write(part.array(), 0, length);
            }
            stream.finish().join();
            return new Screenshot(
                    Optional.ofNullable(opened.join().reply().mime()), ByteBuffer.wrap(image.toByteArray()));
        });
    }
}
