// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.backup;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a backup job does: libvirt's {@code <domainbackup>} as a value. Written to XML for
 * {@code virDomainBackupBegin}, read from what {@code virDomainBackupGetXMLDesc} returns.
 *
 * @param mode who copies
 * @param incremental the checkpoint since which changes count; null for whole disks
 * @param server where a pull backup is served; null for push
 * @param disks the disks named; if empty, libvirt takes all that it can
 * @since 0.1
 */
public record BackupSpec(
        BackupMode mode,
        @Nullable String incremental,
        @Nullable NbdServer server,
        List<BackupDisk> disks) {
    /** Checks that server and mode fit. */
    public BackupSpec {
        Objects.requireNonNull(mode, "mode");
        disks = List.copyOf(disks);
        if (mode == BackupMode.PULL && server == null) {
            throw new IllegalArgumentException("a pull backup needs the server that it is served from");
        }
        if (mode == BackupMode.PUSH && server != null) {
            throw new IllegalArgumentException("a push backup has no server");
        }
    }

    /** A pull backup, served here. */
    public static Builder pull(NbdServer server) {
        return new Builder(BackupMode.PULL, server);
    }

    /** A push backup. */
    public static Builder push() {
        return new Builder(BackupMode.PUSH, null);
    }

    /**
     * Reads a {@code <domainbackup>}.
     *
     * @throws IllegalArgumentException if it is something else; the message names line and column, or the element
     */
    public static BackupSpec parse(String xml) {
        return BackupXml.read(xml);
    }

    /** The {@code <domainbackup>} of this value. */
    public String toXml() {
        return BackupXml.write(this);
    }

    /**
     * Collects what a backup does.
     *
     * @since 0.1
     */
    public static final class Builder {
        private final BackupMode mode;
        private final @Nullable NbdServer server;
        private final List<BackupDisk> disks = new ArrayList<>();
        private @Nullable String incremental;

        private Builder(BackupMode mode, @Nullable NbdServer server) {
            this.mode = mode;
            this.server = server;
        }

        /** Only what changed since this checkpoint. */
        public Builder since(String checkpoint) {
            incremental = checkpoint;
            return this;
        }

        /** Names a disk; once one is named, only the named ones are backed up. */
        public Builder disk(BackupDisk disk) {
            disks.add(disk);
            return this;
        }

        /** The value. */
        public BackupSpec build() {
            return new BackupSpec(mode, incremental, server, disks);
        }
    }
}
