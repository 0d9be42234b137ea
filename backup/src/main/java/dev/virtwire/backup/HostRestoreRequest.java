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
 * @param defineMissing whether networks, network filters, storage pools and secrets that the domain refers to and the
 *     host lacks are made as they were saved
 * @param replace whether files with the same names, and the definition of a domain that is there, may be replaced
 * @param salvage whether to write all that is right if not everything is, with zeros for the rest
 * @param bytesPerSecond how fast to read, in bytes a second; 0 for as fast as can be
 * @since 0.1
 */
public record HostRestoreRequest(
        Point point,
        RestoreTarget target,
        Set<String> disks,
        boolean define,
        @Nullable String name,
        boolean defineMissing,
        boolean replace,
        boolean salvage,
        long bytesPerSecond) {
    /** Refuses what makes no sense. */
    public HostRestoreRequest {
        requireNonNull(point, "point");
        requireNonNull(target, "target");
        disks = target instanceof RestoreTarget.Existing existing && disks.isEmpty()
                ? existing.places().keySet()
                : disks;
        disks = Set.copyOf(disks);
        if (target instanceof RestoreTarget.Existing existing
                && !existing.places().keySet().equals(disks)) {
            throw new BackupException("the disks to restore are not those that have a place");
        }
        if (define && target instanceof RestoreTarget.InPlace) {
            throw new IllegalArgumentException("a domain that has its disks back where they were is defined already");
        }
        if (salvage && target instanceof RestoreTarget.Files files && files.chained()) {
            throw new IllegalArgumentException(
                    "what is salvaged is flattened: a chain would give wrong bytes for zeros");
        }
        if (bytesPerSecond < 0) {
            throw new IllegalArgumentException("a rate of " + bytesPerSecond + " bytes a second");
        }
        if (name != null && !define) {
            throw new IllegalArgumentException("a name is for a domain that is defined");
        }
        if (defineMissing && !define) {
            throw new IllegalArgumentException("what a domain needs is made for a domain that is defined");
        }
        if (name != null && (name.isBlank() || name.indexOf('/') >= 0)) {
            throw new BackupException("'" + name + "' cannot be a domain's name");
        }
    }

    /** All disks of {@code point}, without defining a domain, refusing to replace anything. */
    public static HostRestoreRequest of(Point point, RestoreTarget target) {
        return new HostRestoreRequest(point, target, Set.of(), false, null, false, false, false, 0);
    }

    /** With these disks only. */
    public HostRestoreRequest withDisks(Set<String> targets) {
        return new HostRestoreRequest(
                point, target, targets, define, name, defineMissing, replace, salvage, bytesPerSecond);
    }

    /** Defines the domain in place of the one that was backed up: same name, same UUID. */
    public HostRestoreRequest defining() {
        return new HostRestoreRequest(
                point, target, disks, true, null, defineMissing, replace, salvage, bytesPerSecond);
    }

    /** Defines another domain, beside the one that was backed up. */
    public HostRestoreRequest definingAs(String newName) {
        return new HostRestoreRequest(
                point,
                target,
                disks,
                true,
                requireNonNull(newName, "newName"),
                defineMissing,
                replace,
                salvage,
                bytesPerSecond);
    }

    /** Making the networks, network filters, storage pools and secrets that the domain needs and the host lacks. */
    public HostRestoreRequest definingMissing() {
        return new HostRestoreRequest(point, target, disks, define, name, true, replace, salvage, bytesPerSecond);
    }

    /** Replacing files of the same names, and the definition of the same domain. */
    public HostRestoreRequest replacing() {
        return new HostRestoreRequest(point, target, disks, define, name, defineMissing, true, salvage, bytesPerSecond);
    }

    /**
     * Writing all that is right even if not everything is: what is wrong stays zeros, damaged UEFI variables are left
     * out, and the result names each.
     */
    public HostRestoreRequest salvaging() {
        return new HostRestoreRequest(point, target, disks, define, name, defineMissing, replace, true, bytesPerSecond);
    }

    /** Reading so many bytes a second at most; 0 for no limit. */
    public HostRestoreRequest limitedTo(long newBytesPerSecond) {
        return new HostRestoreRequest(
                point, target, disks, define, name, defineMissing, replace, salvage, newBytesPerSecond);
    }
}
