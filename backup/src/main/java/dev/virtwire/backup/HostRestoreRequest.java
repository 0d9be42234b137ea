// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static java.util.Objects.requireNonNull;

import dev.virtwire.repository.Point;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What to restore where on a host. Immutable: each method that changes something returns another request.
 *
 * @param point the point
 * @param target where the disks go
 * @param disks the targets of the disks to restore; empty for all
 * @param define whether the domain is defined with what was restored; it is not started
 * @param name the name of another domain, with a UUID and MAC addresses of its own; null for the very domain that was
 *     backed up, with its name and UUID
 * @param replace whether files with the same names, and the definition of a domain that is there, may be replaced
 * @param bytesPerSecond how fast to read, in bytes a second; 0 for as fast as can be
 */
public record HostRestoreRequest(
        Point point,
        RestoreTarget target,
        Set<String> disks,
        boolean define,
        @Nullable String name,
        boolean replace,
        long bytesPerSecond) {
    /** Refuses what makes no sense. */
    public HostRestoreRequest {
        requireNonNull(point, "point");
        requireNonNull(target, "target");
        disks = Set.copyOf(disks);
        if (bytesPerSecond < 0) {
            throw new IllegalArgumentException("a rate of " + bytesPerSecond + " bytes a second");
        }
        if (name != null && !define) {
            throw new IllegalArgumentException("a name is for a domain that is defined");
        }
        if (name != null && (name.isBlank() || name.indexOf('/') >= 0)) {
            throw new BackupException("'" + name + "' cannot be a domain's name");
        }
    }

    /** All disks of {@code point}, without defining a domain, refusing to replace anything. */
    public static HostRestoreRequest of(Point point, RestoreTarget target) {
        return new HostRestoreRequest(point, target, Set.of(), false, null, false, 0);
    }

    /** With these disks only. */
    public HostRestoreRequest withDisks(Set<String> targets) {
        return new HostRestoreRequest(point, target, targets, define, name, replace, bytesPerSecond);
    }

    /** Defines the domain in place of the one that was backed up: same name, same UUID. */
    public HostRestoreRequest defining() {
        return new HostRestoreRequest(point, target, disks, true, null, replace, bytesPerSecond);
    }

    /** Defines another domain, beside the one that was backed up. */
    public HostRestoreRequest definingAs(String newName) {
        return new HostRestoreRequest(
                point, target, disks, true, requireNonNull(newName, "newName"), replace, bytesPerSecond);
    }

    /** Replacing files of the same names, and the definition of the same domain. */
    public HostRestoreRequest replacing() {
        return new HostRestoreRequest(point, target, disks, define, name, true, bytesPerSecond);
    }

    /** Reading so many bytes a second at most; 0 for no limit. */
    public HostRestoreRequest limitedTo(long newBytesPerSecond) {
        return new HostRestoreRequest(point, target, disks, define, name, replace, newBytesPerSecond);
    }
}
