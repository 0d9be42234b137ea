// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.config;

import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.NbdListen;
import org.jspecify.annotations.Nullable;

/**
 * A host whose guests are backed up.
 *
 * @param uri as libvirt writes it
 * @param user the name to log in by, or null
 * @param password the password of that name, or null
 * @param nbd where the host's exports listen, or null for the default
 * @param insecureNbd whether an export may go over the network in clear text
 * @since 0.1
 */
public record HostSettings(
        String name,
        String uri,
        @Nullable String user,
        @Nullable Secret password,
        @Nullable NbdListen nbd,
        boolean insecureNbd) {
    /** The same request, for a guest of this host. */
    public BackupRequest applyTo(BackupRequest request) {
        BackupRequest listening = nbd == null ? request : request.withNbd(nbd);
        return insecureNbd ? listening.allowingInsecureNbd() : listening;
    }
}
