// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.event.Event;
import dev.virtwire.client.event.EventKind;
import dev.virtwire.client.internal.Connector;
import dev.virtwire.client.internal.access.LibvirtAccess;
import dev.virtwire.client.internal.async.TrackedFuture;
import dev.virtwire.client.internal.call.Session;
import dev.virtwire.client.internal.event.EventHub;
import dev.virtwire.client.network.Networks;
import dev.virtwire.client.node.Node;
import dev.virtwire.client.secret.Secrets;
import dev.virtwire.client.statistics.DomainStatistics;
import dev.virtwire.client.storage.Storage;
import dev.virtwire.protocol.CallOptions;
import dev.virtwire.protocol.Caller;
import dev.virtwire.protocol.Procedure;
import dev.virtwire.protocol.StreamProcedure;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.ConnectCalls;
import dev.virtwire.protocol.remote.ConnectGetAllDomainStatsFlags;
import dev.virtwire.protocol.remote.ConnectGetCapabilitiesResult;
import dev.virtwire.protocol.remote.ConnectGetHostnameResult;
import dev.virtwire.protocol.remote.ConnectGetLibVersionResult;
import dev.virtwire.protocol.remote.ConnectGetTypeResult;
import dev.virtwire.protocol.remote.ConnectGetUriResult;
import dev.virtwire.protocol.remote.ConnectGetVersionResult;
import dev.virtwire.protocol.remote.ConnectListAllDomainsFlags;
import dev.virtwire.protocol.remote.ConnectProcedures;
import dev.virtwire.protocol.remote.DomainCalls;
import dev.virtwire.protocol.remote.DomainCreateFlags;
import dev.virtwire.protocol.remote.DomainDefineFlags;
import dev.virtwire.protocol.remote.DomainRef;
import dev.virtwire.protocol.remote.DomainSaveFlags;
import dev.virtwire.protocol.remote.DomainStatsTypes;
import dev.virtwire.protocol.remote.Feature;
import dev.virtwire.protocol.remote.SaveCalls;
import dev.virtwire.protocol.stream.LibvirtStream;
import dev.virtwire.protocol.stream.Opened;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a libvirt daemon. Every call is asynchronous, and its future always completes: with a result, or with
 * a {@link LibvirtException} whose class says who failed. Futures complete, and subscribers are called, on
 * {@link ConnectOptions#callbackExecutor()}, never on the event loop. Giving up a future, or one that was derived from
 * it, gives up the call: by {@code cancel}, {@code orTimeout}, {@code completeOnTimeout} or by completing it. The
 * server continues with what it was told. A frozen guest, a backup job, a stream or an event registration that a late
 * success leaves behind is undone; a domain that was defined or started meanwhile stays.
 *
 * <p>What has no method here, in {@link Domain} or in the objects that come from them can be called by the stubs in
 * {@code dev.virtwire.protocol.remote}, such as {@code new DomainCalls(libvirt)}.
 *
 * <p>Safe for use by any number of threads.
 *
 * @since 0.1
 */
public final class Libvirt implements Caller, AutoCloseable {
    static {
        LibvirtAccess.openBy(libvirt -> libvirt.new Access());
    }

    /** What a server has said of a feature, and by which connection. */
    private record Answer(int epoch, boolean supported) {}

    private final LibvirtUri uri;
    private final Session session;
    private final EventHub events;
    private final SideConnections aside;
    private final CallOptions options;
    private final Map<Feature, Answer> features;
    private final ConnectCalls calls;
    private final DomainCalls domainCalls;

    private Libvirt(LibvirtUri uri, Session session) {
        this(
                uri,
                session,
                new EventHub(session),
                new SideConnections(uri, session),
                CallOptions.DEFAULT,
                new ConcurrentHashMap<>());
    }

    private Libvirt(
            LibvirtUri uri,
            Session session,
            EventHub events,
            SideConnections aside,
            CallOptions options,
            Map<Feature, Answer> features) {
        this.uri = uri;
        this.session = session;
        this.events = events;
        this.aside = aside;
        this.options = options;
        this.features = features;
        this.calls = new ConnectCalls(this);
        this.domainCalls = new DomainCalls(this);
    }

    /**
     * Connects with the defaults.
     *
     * @see #connect(String, ConnectOptions)
     */
    public static CompletableFuture<Libvirt> connect(@Nullable String uri) {
        return connect(uri, ConnectOptions.defaults());
    }

    /**
     * Connects, authenticates and opens the hypervisor that the URI names ({@code virConnectOpenAuth}).
     *
     * @param uri libvirt's kind, such as {@code qemu:///system} or {@code qemu+tls://host/system}; an alias of
     *     libvirt.conf; or null or empty for the user's default, as {@link UriExplanation#resolve} says
     * @return the connection; fails with {@link ConnectFailedException} if the server cannot be reached in time,
     *     {@link AuthenticationException} if it does not let this side in, {@link RemoteException} if it cannot
     *     open the hypervisor, {@link ConfigurationException} if the Netty on the class path is older than 4.2
     * @throws InvalidUriException at once, if the text is not a URI or names what this client does not offer
     * @throws ConfigurationException at once, if a libvirt.conf, or for a URI by ssh a configuration of
     *     ssh, cannot be read or understood; or if the URI is one by ssh, and the dependency {@code
     *     virtwire-client-ssh} is missing
     */
    public static CompletableFuture<Libvirt> connect(@Nullable String uri, ConnectOptions options) {
        return connect(UriExplanation.resolve(uri, System.getenv()), options);
    }

    /**
     * Waits for a future of this library, for code that blocks, on a virtual thread or any other: {@code
     * await(libvirt.domain("web1"))}.
     *
     * <p>A thread that is interrupted while it waits gives the call up, as {@code cancel} does.
     *
     * @param future of a connection, or derived from one
     * @return its result
     * @throws LibvirtException what it failed with, not wrapped: the trace is that of this thread, and the cause is the
     *     error as it came about. Any other unchecked exception is thrown as it is, and one that is checked as the
     *     cause of a {@link java.util.concurrent.CompletionException}
     * @throws CallTimeoutException if the future's own {@code orTimeout} has passed
     * @throws java.util.concurrent.CancellationException if it was cancelled
     * @throws IllegalStateException in a callback of the same connection: it would wait for itself
     * @throws InterruptedException if this thread is interrupted
     * @since 0.1
     */
    public static <T> T await(CompletableFuture<T> future) throws InterruptedException {
        return Awaiting.await(future);
    }

    /**
     * As {@link #await(CompletableFuture)}, for so long at most; then the future is given up, as by {@code cancel}.
     *
     * @throws CallTimeoutException if there is no result by then
     * @since 0.1
     */
    public static <T> T await(CompletableFuture<T> future, Duration longest) throws InterruptedException {
        return Awaiting.await(future, longest);
    }

    private static CompletableFuture<Libvirt> connect(LibvirtUri uri, ConnectOptions options) {
        CompletableFuture<Session> connected = Connector.connect(uri, options.forOneConnection());
        CompletableFuture<Libvirt> result = connected.thenApply(session -> new Libvirt(uri, session));
        result.whenComplete((libvirt, failure) -> connected.thenAccept(session -> {
            if (libvirt == null || libvirt.session != session) {
                // Given up in the moment of success: nobody else would close it.
                session.close();
            }
        }));
        return result;
    }

    /**
     * This connection, with these options for every call that names none of its own: those of the methods here, and of
     * the domains, checkpoints and jobs that come from them. {@code libvirt.with(CallOptions.within(ofSeconds(5)))}.
     * Closing either closes both.
     */
    public Libvirt with(CallOptions callOptions) {
        return new Libvirt(uri, session, events, aside, callOptions, features);
    }

    /** The URI that this connection was made with. */
    public LibvirtUri uri() {
        return uri;
    }

    /**
     * Closes in order: pending calls finish, the server is told ({@code virConnectClose}), the connection ends. New
     * calls are refused from now on. May be called more than once.
     *
     * @return completes when the connection has ended
     */
    public CompletableFuture<CloseReason> closeAsync() {
        session.closeAfter(ConnectProcedures.CONNECT_CLOSE);
        closed().thenRun(aside::close);
        return closed();
    }

    /**
     * Closes at once, with what was opened beside this connection; pending calls fail with {@link
     * ConnectionLostException}. May be called more than once.
     */
    @Override
    public void close() {
        session.close();
        aside.close();
    }

    /**
     * Completes when the connection has ended, for whatever reason, with that reason. It is the same future for all who
     * ask: cancelling it does nothing.
     */
    public CompletableFuture<CloseReason> closed() {
        return session.closed();
    }

    /**
     * Whether the connection has ended for good. One that was lost and is being made again has not.
     *
     * @since 0.1
     */
    public boolean isClosed() {
        return session.isClosed();
    }

    @Override
    public <A, R> CompletableFuture<R> call(Procedure<A, R> procedure, A arguments, CallOptions callOptions) {
        return session.call(procedure, arguments, orOwn(callOptions));
    }

    @Override
    public <A, R, S extends LibvirtStream> CompletableFuture<Opened<R, S>> open(
            StreamProcedure<A, R, S> procedure, A arguments, CallOptions callOptions) {
        return session.open(procedure, arguments, orOwn(callOptions));
    }

    private CallOptions orOwn(CallOptions callOptions) {
        return callOptions.equals(CallOptions.DEFAULT) ? options : callOptions;
    }

    /**
     * Whether the server has a feature ({@code virConnectSupportsFeature}, which libvirt keeps to itself). It is asked
     * once a feature, and again after the connection was made again, for the server may be another one by then.
     */
    public CompletableFuture<Boolean> supports(Feature feature) {
        int epoch = session.epoch();
        Answer known = features.get(feature);
        if (known != null && known.epoch() == epoch) {
            TrackedFuture<Boolean> answer = session.newFuture();
            answer.succeed(known.supported());
            return answer;
        }
        return calls.connectSupportsFeature(feature).thenApply(result -> {
            features.put(feature, new Answer(epoch, result.supported() != 0));
            return result.supported() != 0;
        });
    }

    /** The hypervisor's name, such as {@code QEMU} ({@code virConnectGetType}). */
    public CompletableFuture<String> hypervisorType() {
        return calls.connectGetType().thenApply(ConnectGetTypeResult::type);
    }

    /**
     * Whether nobody can read or change the connection's traffic on its way ({@code virConnectIsSecure}), as the server
     * sees it.
     */
    public CompletableFuture<Boolean> isSecure() {
        return calls.connectIsSecure().thenApply(result -> result.secure() != 0);
    }

    /** The host's name ({@code virConnectGetHostname}). */
    public CompletableFuture<String> hostname() {
        return calls.connectGetHostname().thenApply(ConnectGetHostnameResult::hostname);
    }

    /** The URI as the server sees it ({@code virConnectGetURI}). */
    public CompletableFuture<String> serverUri() {
        return calls.connectGetUri().thenApply(ConnectGetUriResult::uri);
    }

    /** The server's libvirt version ({@code virConnectGetLibVersion}). */
    public CompletableFuture<Version> libvirtVersion() {
        return calls.connectGetLibVersion()
                .thenApply(ConnectGetLibVersionResult::libVersion)
                .thenApply(Version::of);
    }

    /** The hypervisor's version ({@code virConnectGetVersion}). */
    public CompletableFuture<Version> hypervisorVersion() {
        return calls.connectGetVersion()
                .thenApply(ConnectGetVersionResult::hvVersion)
                .thenApply(Version::of);
    }

    /** What the host and its hypervisor can do, as XML ({@code virConnectGetCapabilities}). */
    public CompletableFuture<String> capabilities() {
        return calls.connectGetCapabilities().thenApply(ConnectGetCapabilitiesResult::capabilities);
    }

    /** All domains, running or not ({@code virConnectListAllDomains}). */
    public CompletableFuture<List<Domain>> domains() {
        return domains(Set.of());
    }

    /** The domains of these kinds ({@code virConnectListAllDomains}); no kind of a group stands for all of it. */
    public CompletableFuture<List<Domain>> domains(Set<ConnectListAllDomainsFlags> kinds) {
        return domainCalls
                .connectListAllDomains(1, kinds)
                .thenApply(result -> result.domains().stream().map(this::domain).toList());
    }

    /** As {@link #domains(Set)}. */
    public CompletableFuture<List<Domain>> domains(ConnectListAllDomainsFlags... kinds) {
        return domains(Set.of(kinds));
    }

    /**
     * The domain of that name ({@code virDomainLookupByName}); fails with {@link ErrorCode#NO_DOMAIN} if the host
     * has no such domain.
     */
    public CompletableFuture<Domain> domain(String name) {
        return domainCalls.domainLookupByName(name).thenApply(result -> domain(result.domain()));
    }

    /**
     * The domain of that UUID ({@code virDomainLookupByUUID}); fails with {@link ErrorCode#NO_DOMAIN} if the host
     * has no such domain.
     */
    public CompletableFuture<Domain> domain(UUID uuid) {
        return domainCalls.domainLookupByUuid(uuid).thenApply(result -> domain(result.domain()));
    }

    /**
     * The running domain of that id ({@code virDomainLookupByID}); fails with {@link ErrorCode#NO_DOMAIN} if the
     * host has no such domain.
     */
    public CompletableFuture<Domain> domainById(int id) {
        return domainCalls.domainLookupById(id).thenApply(result -> domain(result.domain()));
    }

    /** Defines a domain, or redefines it ({@code virDomainDefineXMLFlags}). */
    public CompletableFuture<Domain> defineDomain(String xml, DomainDefineFlags... flags) {
        return domainCalls.domainDefineXmlFlags(xml, Set.of(flags)).thenApply(result -> domain(result.domain()));
    }

    /** Starts a domain that is gone when it ends ({@code virDomainCreateXML}). */
    public CompletableFuture<Domain> createDomain(String xml, DomainCreateFlags... flags) {
        return domainCalls.domainCreateXml(xml, Set.of(flags)).thenApply(result -> domain(result.domain()));
    }

    /**
     * Resumes a domain that was saved to a file of the host ({@code virDomainRestoreFlags}).
     *
     * @param xml in place of the configuration that was saved, changed where the guest cannot see it; or null
     */
    public CompletableFuture<Void> restoreDomain(String file, @Nullable String xml, DomainSaveFlags... flags) {
        return new SaveCalls(this).domainRestoreFlags(file, xml, Set.of(flags));
    }

    /**
     * All figures of these kinds, of every domain ({@code virConnectGetAllDomainStats}); of none for every kind that
     * the server knows.
     */
    public CompletableFuture<List<DomainStatistics>> statistics(DomainStatsTypes... kinds) {
        return statistics(Set.of(kinds), Set.of());
    }

    /**
     * All figures of these kinds, of the domains that the flags admit ({@code virConnectGetAllDomainStats}).
     *
     * @param kinds none for every kind that the server knows
     * @param flags no kind of domain for all of them
     */
    public CompletableFuture<List<DomainStatistics>> statistics(
            Set<DomainStatsTypes> kinds, Set<ConnectGetAllDomainStatsFlags> flags) {
        return domainCalls
                .connectGetAllDomainStats(List.of(), kinds, flags)
                .thenApply(result -> result.retStats().stream()
                        .map(stats -> DomainStatistics.of(this, stats))
                        .toList());
    }

    /**
     * All figures of these kinds, of these domains ({@code virDomainListGetStats}).
     *
     * @param of of none, nothing is asked
     * @param kinds none for every kind that the server knows
     * @param flags those that choose domains are refused by the server
     */
    public CompletableFuture<List<DomainStatistics>> statistics(
            Collection<Domain> of, Set<DomainStatsTypes> kinds, Set<ConnectGetAllDomainStatsFlags> flags) {
        if (of.isEmpty()) {
            // Of no domain at all the server would send those of every one.
            TrackedFuture<List<DomainStatistics>> none = session.newFuture();
            none.succeed(List.of());
            return none;
        }
        return domainCalls
                .connectGetAllDomainStats(of.stream().map(Domain::ref).toList(), kinds, flags)
                .thenApply(result -> result.retStats().stream()
                        .map(stats -> DomainStatistics.of(this, stats))
                        .toList());
    }

    /** The host's virtual networks. */
    public Networks networks() {
        return Networks.of(this);
    }

    /** The secrets that libvirt keeps for disks and the like. */
    public Secrets secrets() {
        return Secrets.of(this);
    }

    /** The host: processors, memory, devices, and what its hypervisor can do. */
    public Node node() {
        return Node.of(this);
    }

    /** The host's storage pools and volumes. */
    public Storage storage() {
        return Storage.of(this);
    }

    /**
     * What happens on the host, of one kind ({@code virConnectDomainEventRegisterAny} and its like). Any number of
     * subscribers share one registration at the server; {@code onSubscribe} comes when it stands, and the last one to
     * cancel removes it. One that is slower than its events for longer than {@link ConnectOptions#eventBuffer()} lasts
     * ends, when it has taken what the buffer holds, with an {@link EventsLostException} that says how many came since;
     * it never delays a call. The end of the connection ends it with {@link ConnectionLostException}, unless the
     * connection is made again and the subscriber is a {@link dev.virtwire.client.event.GapSubscriber}. A server or
     * driver that does not have the kind ends it with a {@link RemoteException}.
     *
     * @param <E> the events
     */
    public <E extends Event> Flow.Publisher<E> events(EventKind<?, E> kind) {
        return events(List.of(kind));
    }

    /** As {@link #events(EventKind)}, of one domain, or whatever else the kind is about. */
    public <T, E extends Event> Flow.Publisher<E> events(EventKind<T, E> kind, T of) {
        return events(List.of(kind), of);
    }

    /**
     * As {@link #events(EventKind)}, of several kinds in one subscription, which has them in the order in which the
     * server sent them: {@code libvirt.events(DomainEventKind.all())}. If the server lacks one of the kinds, the
     * subscription fails as a whole; {@link EventKind#knownTo} chooses.
     *
     * @throws IllegalArgumentException if there is no kind
     */
    public <E extends Event> Flow.Publisher<E> events(Collection<? extends EventKind<?, ? extends E>> kinds) {
        return events.publisher(this, kinds, null);
    }

    /** As {@link #events(Collection)}, of one domain, or whatever else the kinds are about. */
    public <T, E extends Event> Flow.Publisher<E> events(Collection<? extends EventKind<T, ? extends E>> kinds, T of) {
        return events.publisher(this, kinds, of);
    }

    /** What our own modules need beside what is public here. */
    private final class Access extends LibvirtAccess {
        Access() {
            super(session, options);
        }

        @Override
        public <A, R, S extends LibvirtStream> CompletableFuture<Opened<R, S>> openApart(
                StreamProcedure<A, R, S> procedure, A arguments) {
            return aside.open(procedure, arguments, options);
        }

        @Override
        public CompletableFuture<Libvirt> connectAgain() {
            return connect(uri, session.options());
        }
    }

    private Domain domain(DomainRef ref) {
        return Domain.of(this, ref);
    }

    /** Whether both speak through the same connection, whatever {@link #with options} each has. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Libvirt libvirt && libvirt.session == session;
    }

    @Override
    public int hashCode() {
        return session.hashCode();
    }
}
