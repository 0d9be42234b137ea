// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.DomainBusyException;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.Version;
import dev.virtwire.client.block.BlockInfo;
import dev.virtwire.client.block.BlockJobInfo;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.domain.DomainInfo;
import dev.virtwire.client.domain.DomainStatus;
import dev.virtwire.client.domain.JobStatistics;
import dev.virtwire.client.xml.DomainDescription;
import dev.virtwire.client.xml.XmlElement;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.DomainPausedReason;
import dev.virtwire.protocol.remote.DomainShutoffReason;
import dev.virtwire.protocol.remote.DomainState;
import dev.virtwire.protocol.remote.JobOperation;
import dev.virtwire.protocol.remote.JobType;
import dev.virtwire.repository.manifest.DomainIdentity;
import dev.virtwire.repository.manifest.GuestState;
import dev.virtwire.repository.manifest.HostIdentity;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What has to be known of host and domain before anything is begun.
 *
 * @param domain the domain
 * @param identity its name and UUID
 * @param host where it runs
 * @param description its XML: as it runs, or as it will
 * @param state how it stands
 */
public record HostFacts(
        Domain domain, DomainIdentity identity, HostIdentity host, DomainDescription description, GuestState state) {
    private static final Logger LOG = LoggerFactory.getLogger(HostFacts.class);

    private static final Pattern UUID_FORM = Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
    /** Of a backup that is beginning libvirt has no figures for a while, and says so by an internal error. */
    private static final JobStatistics BEGINNING =
            new JobStatistics(JobType.UNBOUNDED.value(), Map.of("operation", JobOperation.BACKUP.value()));

    /** Which libvirt was the first that keeps a guest until its backup has ended. */
    private static final Version KEEPS_GUEST = Version.parse("11.10.0");

    /** How long a guest that shuts down may take: QEMU writes what it holds in memory first. */
    private static final Duration END = Duration.ofSeconds(60);

    private static final Duration AGAIN = Duration.ofMillis(100);

    private static final Pattern PASSWORD = Pattern.compile("(://[^/@:]*):[^/@]*@");

    /**
     * Asks the host.
     *
     * @param name the domain's name or UUID
     * @param pause lets that much time pass, or throws something if nobody wants to know any more
     */
    public static HostFacts ask(Libvirt libvirt, String name, Consumer<Duration> pause) {
        return ask(find(libvirt, name), host(libvirt), pause);
    }

    /** As {@link #ask(Libvirt, String, Consumer)}, of a host that has told already what it is. */
    public static HostFacts ask(Domain domain, HostIdentity host, Consumer<Duration> pause) {
        GuestState state = state(domain, pause);
        return new HostFacts(
                domain,
                new DomainIdentity(domain.name(), domain.uuid()),
                host,
                description(Waiting.await(domain.xml())),
                state);
    }

    /** What the host says of itself. */
    public static HostIdentity host(Libvirt libvirt) {
        return new HostIdentity(
                Waiting.await(libvirt.hostname()),
                PASSWORD.matcher(libvirt.uri().text()).replaceFirst("$1@"),
                String.valueOf(Waiting.await(libvirt.libvirtVersion())),
                String.valueOf(Waiting.await(libvirt.hypervisorVersion())),
                uuid(libvirt));
    }

    private static GuestState state(Domain domain, Consumer<Duration> pause) {
        DomainInfo info = Waiting.await(domain.info());
        if (info.state().equals(Optional.of(DomainState.SHUTDOWN))) {
            settled(domain, pause);
            info = Waiting.await(domain.info());
        }
        if (info.isActive()) {
            return GuestState.RUNNING;
        }
        return Waiting.await(domain.saved().isManaged()) ? GuestState.SAVED : GuestState.OFF;
    }

    /** Whether the domain is off, so that a {@link GuestClone} serves its disks. */
    public boolean isOff() {
        return state != GuestState.RUNNING;
    }

    /** The host's own UUID, or null if it does not tell. */
    public static @Nullable String uuid(Libvirt libvirt) {
        try {
            String capabilities = Waiting.await(libvirt.capabilities());
            return XmlElement.parse("capabilities", "capabilities", capabilities)
                    .childText("host", "uuid");
        } catch (RemoteException | IllegalArgumentException e) {
            LOG.debug("{} does not say which host it is", libvirt.uri().where(), e);
            return null;
        }
    }

    /**
     * What the host says of a domain.
     *
     * @throws BackupException if it is not readable
     */
    public static DomainDescription description(String xml) {
        try {
            return DomainDescription.parse(xml);
        } catch (IllegalArgumentException e) {
            throw new BackupException("the host's domain XML is not readable: " + e.getMessage(), e);
        }
    }

    /** The domain of that name, else of that UUID. */
    public static Domain find(Libvirt libvirt, String name) {
        try {
            return Waiting.await(libvirt.domain(name));
        } catch (RemoteException e) {
            if (e.is(ErrorCode.NO_DOMAIN) && UUID_FORM.matcher(name).matches()) {
                return Waiting.await(libvirt.domain(UUID.fromString(name)));
            }
            throw e;
        }
    }

    /**
     * Asks whether another job is active on the domain, because libvirt would wait 30 s before it refuses, or on one of
     * these disks, such as a copy or a commit: libvirt refuses a backup meanwhile by an internal error.
     *
     * @throws DomainBusyException if one is
     */
    public void refuseOtherJob(Collection<String> targets) {
        if (isOff()) {
            return;
        }
        refuseOtherJob(domain);
        // A question for each disk, and libvirt has none for all of them.
        Map<String, CompletableFuture<Optional<BlockJobInfo>>> asked = new LinkedHashMap<>();
        targets.forEach(target -> asked.put(target, domain.disk(target).job()));
        asked.forEach((target, answer) -> Waiting.await(answer).ifPresent(job -> {
            String what = job.type().map(HostFacts::words).orElse("unknown");
            throw busy("another job is active on disk " + target + " of domain " + domain.name() + " (" + what + ")");
        }));
    }

    /**
     * Asks whether another job is active on a domain.
     *
     * @throws DomainBusyException if one is
     */
    public static void refuseOtherJob(Domain domain) {
        otherJob(domain).ifPresent(job -> {
            throw busy(job);
        });
    }

    private static DomainBusyException busy(String job) {
        return new DomainBusyException(job, ": wait until it ends, or end it", null);
    }

    private static String words(Enum<?> name) {
        return name.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /** Which job is active on a domain that runs, a sentence; empty if there is no such job. */
    public static Optional<String> otherJob(Domain domain) {
        return currentJob(domain).map(job -> {
            String what = job.operation().map(HostFacts::words).orElse("unknown");
            return "another job is active on domain " + domain.name() + " (" + what + ", for "
                    + job.elapsed().toSeconds() + " s)";
        });
    }

    /** The job that a domain is busy with, also one that has only begun to begin; empty if there is no such job. */
    public static Optional<JobStatistics> currentJob(Domain domain) {
        try {
            return Optional.of(Waiting.await(domain.jobStatistics())).filter(JobStatistics::isRunning);
        } catch (RemoteException e) {
            if (e.is(ErrorCode.INTERNAL_ERROR)) {
                return Optional.of(BEGINNING);
            }
            throw e;
        }
    }

    /** Whether libvirt can keep a guest that shuts down, paused, until its backup has ended. */
    public boolean keepsGuest() {
        return keepsGuest(Version.parse(host.libvirt()));
    }

    /** Whether a libvirt of that version can. */
    public static boolean keepsGuest(Version libvirt) {
        return libvirt.compareTo(KEEPS_GUEST) >= 0;
    }

    /** Whether a domain has shut down, and is kept, paused, until its backup job has ended. */
    public static boolean isKept(Domain domain) {
        return Waiting.await(domain.status()).reason().equals(Optional.of(DomainPausedReason.SHUTTING_DOWN));
    }

    /** Whether a domain is on its way from running to being off. */
    public static boolean isEnding(Domain domain) {
        return isEnding(Waiting.await(domain.status()));
    }

    private static boolean isEnding(DomainStatus status) {
        return status.state().equals(Optional.of(DomainState.SHUTDOWN));
    }

    /**
     * How a domain stands that is not on its way from running to being off; else waits until it is off.
     *
     * @param pause lets that much time pass, or throws something if nobody wants to know any more
     * @throws DomainBusyException if that takes long
     */
    public static DomainStatus settled(Domain domain, Consumer<Duration> pause) {
        long end = System.nanoTime() + END.toNanos();
        while (true) {
            DomainStatus status = Waiting.await(domain.status());
            if (!isEnding(status)) {
                return status;
            }
            if (System.nanoTime() - end > 0) {
                throw new DomainBusyException(
                        "domain " + domain.name() + " shuts down, and has not ended for " + END.toSeconds() + " s",
                        "",
                        null);
            }
            pause.accept(AGAIN);
        }
    }

    /** These, or the facts of now if the domain has stopped since; {@code pause} as for {@link #ask}. */
    public HostFacts ofNow(Consumer<Duration> pause) {
        return isOff() || Waiting.await(domain.isActive()) ? this : ask(domain.libvirt(), domain.name(), pause);
    }

    /**
     * How the domain that serves the disks stopped, which takes its backup job with it; empty if it runs or nobody
     * knows.
     */
    public Optional<String> whyStopped(Domain serving) {
        try {
            DomainStatus status = Waiting.await(serving.status());
            DomainState state = status.state().orElse(DomainState.NONE);
            if (state == DomainState.SHUTDOWN || status.reason().equals(Optional.of(DomainShutoffReason.SHUTDOWN))) {
                return Optional.of("domain " + serving.name() + " shut down meanwhile"
                        + (keepsGuest()
                                ? ""
                                : "; libvirt keeps such a guest until its backup has ended from version 11.10 on"));
            }
            return state == DomainState.SHUTOFF || state == DomainState.CRASHED
                    ? Optional.of("domain " + serving.name() + " was ended or has crashed meanwhile")
                    : Optional.empty();
        } catch (LibvirtException e) {
            LOG.debug("Nobody knows how {} stands", serving, e);
            return Optional.empty();
        }
    }

    /**
     * A disk's size as {@link #sizeOf(Domain, String)} has it; null if the domain is off and libvirt cannot tell, as of
     * a disk on the network.
     */
    public @Nullable Long sizeOf(String target) {
        BlockInfo info = blockInfo(target);
        return info == null ? null : sizeOf(info);
    }

    /** What libvirt says of a disk; null if the domain is off and libvirt cannot tell. */
    public @Nullable BlockInfo blockInfo(String target) {
        try {
            return Waiting.await(domain.disk(target).info());
        } catch (RemoteException e) {
            if (!isOff()) {
                throw e;
            }
            LOG.debug("nobody knows the size of {} of {} while that is off", target, domain, e);
            return null;
        }
    }

    /** A disk's size in bytes as the guest sees it: QEMU counts in sectors of 512. */
    public static long sizeOf(Domain domain, String target) {
        return sizeOf(Waiting.await(domain.disk(target).info()));
    }

    private static long sizeOf(BlockInfo info) {
        return (info.capacity() + 511) / 512 * 512;
    }

    /** Whether files of the host are files of this machine, as far as one can tell. */
    public boolean isHere() {
        return isHere(domain.libvirt());
    }

    /** As {@link #isHere()}; a socket that the URI names may be forwarded from another machine. */
    public static boolean isHere(Libvirt libvirt) {
        return isHere(libvirt.uri());
    }

    /** As {@link #isHere(Libvirt)}, by the URI alone. */
    public static boolean isHere(LibvirtUri uri) {
        return uri.transport() == LibvirtUri.Transport.UNIX
                && uri.parameter("socket").isEmpty();
    }
}
