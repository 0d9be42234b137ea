// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.migration;

import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.params.TypedParameter;
import dev.virtwire.client.params.TypedParameters;
import dev.virtwire.protocol.remote.MigrateFlags;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How a domain is moved: {@code virDomainMigrate3}'s flags and parameters as a value, for {@link Domain#migrate}.
 *
 * <pre>{@code
 * MigrationSpec spec = MigrationSpec.live().persistent().copyDisk("vda").bandwidth(100).build();
 * }</pre>
 *
 * @param flags what is done
 * @param peerUri the destination as the source reaches it, if the source is to call it; null if this client calls both
 * @param parameters everything else, by libvirt's names
 * @since 0.1
 */
public record MigrationSpec(
        Set<MigrateFlags> flags, @Nullable String peerUri, TypedParameters parameters) {
    /**
     * Checks that flags and URI fit.
     *
     * @throws IllegalArgumentException if they do not
     */
    public MigrationSpec {
        // Kept as bits: some may have no name here.
        flags = MigrateFlags.raw(MigrateFlags.bits(flags));
        Objects.requireNonNull(parameters, "parameters");
        if (flags.contains(MigrateFlags.PEER2PEER) != (peerUri != null)) {
            throw new IllegalArgumentException(
                    peerUri == null
                            ? "PEER2PEER needs the destination's URI as the source's host reaches it"
                            : "a URI for the source's host needs the flag PEER2PEER");
        }
        if (flags.contains(MigrateFlags.TUNNELLED) && peerUri == null) {
            throw new IllegalArgumentException("TUNNELLED needs PEER2PEER: no data goes through this client");
        }
    }

    /** While the guest runs. */
    public static Builder live() {
        return new Builder(MigrateFlags.LIVE.bit());
    }

    /** While the guest stands still. */
    public static Builder paused() {
        return new Builder(0);
    }

    /** The definition of a domain that is off, without its disks; the destination has it then, too. */
    public static Builder offline() {
        return new Builder(MigrateFlags.OFFLINE.bit() | MigrateFlags.PERSIST_DEST.bit());
    }

    /** Without the parameters' values, which may hold secrets of the domain. */
    @Override
    public String toString() {
        return "MigrationSpec[flags=%s, peerUri=%s, parameters=%s]"
                .formatted(
                        flags,
                        peerUri,
                        parameters.asList().stream().map(TypedParameter::name).collect(Collectors.toList()));
    }

    /**
     * Collects how a domain is moved.
     *
     * @since 0.1
     */
    public static final class Builder {
        private final TypedParameters.Builder parameters = TypedParameters.builder();
        private long flags;
        private @Nullable String peerUri;

        private Builder(long flags) {
            this.flags = flags;
        }

        /** Adds flags of libvirt's. */
        public Builder flags(MigrateFlags... more) {
            return flags(Set.of(more));
        }

        /** As {@link #flags(MigrateFlags...)}. */
        public Builder flags(Set<MigrateFlags> more) {
            flags |= MigrateFlags.bits(more);
            return this;
        }

        /** Defines the domain at the destination, and at the source no longer. */
        public Builder persistent() {
            return flags(MigrateFlags.PERSIST_DEST, MigrateFlags.UNDEFINE_SOURCE);
        }

        /** Allows {@link Migration#startPostCopy}. */
        public Builder postCopy() {
            return flags(MigrateFlags.POSTCOPY);
        }

        /**
         * Lets the source's libvirtd call the destination's. It then continues if this client is gone.
         *
         * @param uri the destination's libvirt as the source's host reaches it
         */
        public Builder peerToPeer(String uri) {
            peerUri = uri;
            return flags(MigrateFlags.PEER2PEER);
        }

        /** The name that the domain gets at the destination. */
        public Builder destinationName(String name) {
            parameters.putString("destination_name", name);
            return this;
        }

        /** The configuration at the destination, changed in what the guest cannot see. */
        public Builder destinationXml(String xml) {
            parameters.putString("destination_xml", xml);
            return this;
        }

        /** The configuration that the destination stores, for the domain's next start. */
        public Builder persistentXml(String xml) {
            parameters.putString("persistent_xml", xml);
            return this;
        }

        /**
         * Where the guest's memory is sent, as the source's host reaches it: {@code tcp://host:port}, {@code
         * unix:///path}. Without it libvirt makes one of the destination's host name.
         */
        public Builder dataUri(String uri) {
            parameters.putString("migrate_uri", uri);
            return this;
        }

        /** On which address the destination listens for the data; all by default. */
        public Builder listenAddress(String address) {
            parameters.putString("listen_address", address);
            return this;
        }

        /** The most that is sent, in MiB a second; {@link Migration#setBandwidth} changes it. */
        public Builder bandwidth(long mibPerSecond) {
            parameters.putUllong("bandwidth", mibPerSecond);
            return this;
        }

        /** As {@link #bandwidth}, after {@link Migration#startPostCopy}. */
        public Builder postCopyBandwidth(long mibPerSecond) {
            parameters.putUllong("bandwidth.postcopy", mibPerSecond);
            return this;
        }

        /**
         * Copies this disk, which the two hosts do not share, to an image that has to be at the destination already.
         * May be called for several disks; those that are not named are not copied.
         *
         * @param target such as {@code vda}
         */
        public Builder copyDisk(String target) {
            parameters.putString("migrate_disks", target);
            return flags(MigrateFlags.NON_SHARED_DISK);
        }

        /** Where copied disks are sent ({@code disks_uri}, since libvirt 6.8), as with {@link #dataUri}. */
        public Builder disksUri(String uri) {
            parameters.putString("disks_uri", uri);
            return this;
        }

        /** The destination's port for copied disks. */
        public Builder disksPort(int port) {
            parameters.putInt("disks_port", port);
            return this;
        }

        /** Sends the memory by so many connections. */
        public Builder parallel(int connections) {
            parameters.putInt("parallel.connections", connections);
            return flags(MigrateFlags.PARALLEL);
        }

        /** Any other parameter of {@code virDomainMigrate3}. */
        public Builder parameter(TypedParameter parameter) {
            parameters.add(parameter);
            return this;
        }

        /**
         * The value.
         *
         * @throws IllegalArgumentException if flags contradict each other
         */
        public MigrationSpec build() {
            return new MigrationSpec(MigrateFlags.raw(flags), peerUri, parameters.build());
        }
    }
}
