// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * What to verify, and how. Immutable: each method that changes something returns another request.
 *
 * @param domain the domain's name, or that of its folder; null for all domains
 * @param point the point's id, for it and all that it builds on; null for all points
 * @param depth how much is read
 * @param resume whether to resume where the last verification with this setting was interrupted
 * @param bytesPerSecond how fast to read, in bytes a second; 0 for as fast as can be
 * @since 0.1
 */
public record VerifyRequest(
        @Nullable String domain, @Nullable String point, VerifyDepth depth, boolean resume, long bytesPerSecond) {
    /** Refuses what makes no sense. */
    public VerifyRequest {
        requireNonNull(depth, "depth");
        if (point != null && domain == null) {
            throw new IllegalArgumentException("a point of no domain");
        }
        if (bytesPerSecond < 0) {
            throw new IllegalArgumentException("a rate of " + bytesPerSecond + " bytes a second");
        }
    }

    /** Every point of every domain, every byte compared with its digest. */
    public static VerifyRequest everything() {
        return new VerifyRequest(null, null, VerifyDepth.DIGESTS, false, 0);
    }

    /** Every point of a domain. */
    public static VerifyRequest ofDomain(String domain) {
        return new VerifyRequest(requireNonNull(domain, "domain"), null, VerifyDepth.DIGESTS, false, 0);
    }

    /** One point and all that it builds on. */
    public static VerifyRequest ofPoint(String domain, String point) {
        return new VerifyRequest(domain, requireNonNull(point, "point"), VerifyDepth.DIGESTS, false, 0);
    }

    /** To another depth. */
    public VerifyRequest withDepth(VerifyDepth newDepth) {
        return new VerifyRequest(domain, point, newDepth, resume, bytesPerSecond);
    }

    /**
     * Keeping a record of what was verified in the repository, and not reading again what an interrupted verification
     * of the same depth has found right, unless it was changed since. Once all is verified the record goes.
     */
    public VerifyRequest resuming() {
        return new VerifyRequest(domain, point, depth, true, bytesPerSecond);
    }

    /** Reading so many bytes a second at most; 0 for no limit. */
    public VerifyRequest limitedTo(long newBytesPerSecond) {
        return new VerifyRequest(domain, point, depth, resume, newBytesPerSecond);
    }
}
