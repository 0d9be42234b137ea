// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.manifest;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * One disk in a point.
 *
 * @param target the guest's name for it, such as {@code vda}
 * @param level whether the image holds the whole disk or only changes
 * @param reason why it has that level, one sentence for people
 * @param virtualSize the guest's size of it, in bytes
 * @param source where it lay on the host
 * @param bitmap the dirty bitmap that a later increment starts from, or null if there is no such bitmap
 * @param image the image in this point's folder, or null after a push
 * @param content the guest's content of the whole disk at the point, or null after a push
 * @param digests the file with every block's digest, or null after a push
 * @param pushed the image on the host, or null after a pull
 * @since 0.1
 */
public record ManifestDisk(
        String target,
        Level level,
        String reason,
        @JsonProperty(required = true) long virtualSize,
        DiskSource source,
        @Nullable String bitmap,
        @Nullable StoredImage image,
        @Nullable ContentDigest content,
        @Nullable StoredFile digests,
        @Nullable PushedImage pushed) {
    /** Refuses a missing field. */
    public ManifestDisk {
        requireNonNull(target, "target");
        requireNonNull(level, "level");
        requireNonNull(reason, "reason");
        requireNonNull(source, "source");
        if (virtualSize < 0) {
            throw new IllegalArgumentException("virtualSize is negative: " + virtualSize);
        }
        boolean pulled = image != null && content != null && digests != null;
        boolean none = image == null && content == null && digests == null;
        if (pulled == (pushed != null) || !(pulled || none)) {
            throw new IllegalArgumentException(
                    "disk " + target + " needs either image, content and digests, or pushed");
        }
    }

    /** The same, of which a copy that is not encrypted is allowed. */
    public ManifestDisk allowingPlain() {
        return new ManifestDisk(
                target, level, reason, virtualSize, source.allowingPlain(), bitmap, image, content, digests, pushed);
    }
}
