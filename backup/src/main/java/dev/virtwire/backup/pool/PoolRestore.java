// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.pool;

import static java.util.Objects.requireNonNull;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.DomainDefinition;
import dev.virtwire.backup.Point;
import dev.virtwire.client.Libvirt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What to restore into which storage pool. Each disk becomes a raw volume of its own, {@code web1-vda.raw}, and UEFI
 * variables one more, {@code web1-nvram.fd}.
 *
 * @param point the point
 * @param libvirt a connection to the pool's host that may write; it stays the caller's
 * @param pool the pool's name; it has to be active
 * @param disks the targets of the disks to restore; empty for all
 * @param bytesPerSecond how fast to read, in bytes a second; 0 for as fast as can be
 * @param define whether the domain is defined with the volumes; it is not started
 * @param name the name of another domain, as {@link DomainDefinition#as} says; null for the one that was backed up
 * @param replace whether the definition of a domain that is there may be replaced
 * @since 0.1
 */
public record PoolRestore(
        Point point,
        Libvirt libvirt,
        String pool,
        Set<String> disks,
        long bytesPerSecond,
        boolean define,
        @Nullable String name,
        boolean replace) {
    /** Refuses what makes no sense. */
    public PoolRestore {
        requireNonNull(point, "point");
        requireNonNull(libvirt, "libvirt");
        disks = Set.copyOf(disks);
        if (pool.isBlank()) {
            throw new BackupException("a storage pool without a name cannot be");
        }
        if (bytesPerSecond < 0) {
            throw new IllegalArgumentException("a rate of " + bytesPerSecond + " bytes a second");
        }
        if (name != null && !define) {
            throw new IllegalArgumentException("a name is for a domain that is defined");
        }
    }
}
