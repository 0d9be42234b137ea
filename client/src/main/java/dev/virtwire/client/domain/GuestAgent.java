// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.domain;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.internal.access.LibvirtAccess;
import dev.virtwire.client.params.TypedParameters;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.qemu.QemuCalls;
import dev.virtwire.protocol.remote.DomainFsfreezeArgs;
import dev.virtwire.protocol.remote.DomainFsfreezeResult;
import dev.virtwire.protocol.remote.DomainFsinfo;
import dev.virtwire.protocol.remote.DomainFsthawResult;
import dev.virtwire.protocol.remote.DomainGetFsinfoResult;
import dev.virtwire.protocol.remote.DomainGetHostnameResult;
import dev.virtwire.protocol.remote.GuestCalls;
import dev.virtwire.protocol.remote.GuestHostnameFlags;
import dev.virtwire.protocol.remote.GuestInfoTypes;
import dev.virtwire.protocol.remote.GuestPasswordFlags;
import dev.virtwire.protocol.remote.GuestProcedures;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The agent that runs in a guest. {@link Domain#agent()} gives it; it holds no state. Its calls fail with
 * {@link ErrorCode#AGENT_UNRESPONSIVE} if the agent does not run, and with {@link ErrorCode#ARGUMENT_UNSUPPORTED}
 * if the domain has no channel for one.
 *
 * @since 0.1
 */
public final class GuestAgent {
    /** Negative times are words of libvirt's. */
    private static final int USUAL_TIMEOUT = -1;

    private final Domain domain;

    GuestAgent(Domain domain) {
        this.domain = domain;
    }

    /** Sends a command and waits as long as libvirt usually does: {@link #command(String, Duration)}. */
    public CompletableFuture<Optional<String>> command(String json) {
        return send(json, USUAL_TIMEOUT);
    }

    /**
     * Sends a command ({@code virDomainQemuAgentCommand}).
     *
     * @param json such as <code>{"execute":"guest-ping"}</code>
     * @param patience after which libvirt gives up, rounded up to seconds; zero to wait for no answer
     * @return the answer, as JSON; empty if the command has none
     */
    public CompletableFuture<Optional<String>> command(String json, Duration patience) {
        return send(json, WholeSeconds.of(patience, "patience"));
    }

    /**
     * Says how long libvirt waits for the agent's answer to all other calls
     * ({@code virDomainAgentSetResponseTimeout}). Without that it waits without end.
     *
     * @param patience rounded up to seconds; zero to wait for no answer
     */
    public CompletableFuture<Void> setResponseTimeout(Duration patience) {
        return calls().domainAgentSetResponseTimeout(domain.ref(), WholeSeconds.of(patience, "patience"))
                .thenAccept(done -> {});
    }

    private CompletableFuture<Optional<String>> send(String json, int timeout) {
        return new QemuCalls(domain.libvirt())
                .domainAgentCommand(domain.ref(), json, timeout)
                .thenApply(result -> Optional.ofNullable(result.result()));
    }

    /** What the guest says of itself, by libvirt's names ({@code virDomainGetGuestInfo}); no type stands for all. */
    public CompletableFuture<TypedParameters> info(GuestInfoTypes... types) {
        return calls().domainGetGuestInfo(domain.ref(), Set.of(types))
                .thenApply(result -> TypedParameters.ofWire(result.params()));
    }

    /** The guest's name ({@code virDomainGetHostname}). */
    public CompletableFuture<String> hostname() {
        return calls().domainGetHostname(domain.ref(), Set.of(GuestHostnameFlags.AGENT))
                .thenApply(DomainGetHostnameResult::hostname);
    }

    /** The file systems that the guest has mounted ({@code virDomainGetFSInfo}). */
    public CompletableFuture<List<DomainFsinfo>> fileSystems() {
        return calls().domainGetFsinfo(domain.ref()).thenApply(DomainGetFsinfoResult::info);
    }

    /**
     * Holds file systems of the guest still, by its agent ({@code virDomainFSFreeze}): what they had in memory is on
     * the disks, and all who write wait until {@link #thaw}.
     *
     * <p>For an agent that runs and is silent libvirt waits without end, so give the call a deadline by
     * {@link Libvirt#with}. One that ran out does not say whether the guest is frozen, or will be when its agent
     * awakes: thaw it. A freeze that succeeds after its caller has gone is undone by a thaw.
     *
     * @param mountPoints which, as the guest names them; none for all
     * @return how many were frozen
     */
    public CompletableFuture<Integer> freeze(String... mountPoints) {
        return LibvirtAccess.to(domain.libvirt())
                .call(
                        GuestProcedures.DOMAIN_FSFREEZE,
                        new DomainFsfreezeArgs(domain.ref(), List.of(mountPoints), 0),
                        late -> thaw())
                .thenApply(DomainFsfreezeResult::filesystems);
    }

    /**
     * Thaws all frozen file systems of the guest, by its agent ({@code virDomainFSThaw}, which QEMU's driver
     * refuses to do to some of them only). Does nothing if no file system is frozen.
     *
     * @return how many were thawed
     */
    public CompletableFuture<Integer> thaw() {
        return calls().domainFsthaw(domain.ref(), List.of()).thenApply(DomainFsthawResult::filesystems);
    }

    /** The guest's time ({@code virDomainGetTime}). */
    public CompletableFuture<Instant> time() {
        return calls().domainGetTime(domain.ref())
                .thenApply(result -> Instant.ofEpochSecond(result.seconds(), result.nseconds()));
    }

    /** Sets the guest's time ({@code virDomainSetTime}). */
    public CompletableFuture<Void> setTime(Instant time) {
        return calls().domainSetTime(domain.ref(), time.getEpochSecond(), time.getNano(), Set.of());
    }

    /**
     * Lets the guest tell its disks what it no longer needs ({@code virDomainFSTrim}).
     *
     * @param mountPoint which file system, as the guest names it; null for all
     * @param minimum bytes; smaller runs stay
     */
    public CompletableFuture<Void> trim(@Nullable String mountPoint, long minimum) {
        return calls().domainFstrim(domain.ref(), mountPoint, minimum);
    }

    /** Sets a user's password in the guest ({@code virDomainSetUserPassword}). */
    public CompletableFuture<Void> setPassword(String user, String password, GuestPasswordFlags... flags) {
        return calls().domainSetUserPassword(domain.ref(), user, password, Set.of(flags));
    }

    private GuestCalls calls() {
        return new GuestCalls(domain.libvirt());
    }
}
