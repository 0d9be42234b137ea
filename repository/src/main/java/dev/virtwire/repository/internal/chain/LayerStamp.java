// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.chain;

import dev.virtwire.repository.Point;
import dev.virtwire.repository.internal.store.FileStamp;
import dev.virtwire.repository.internal.store.PointPaths;
import dev.virtwire.repository.manifest.ManifestDisk;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where the files of a layer lie, and what tells them from others that take their place. */
record LayerStamp(
        Path image,
        Path digests,
        @Nullable FileStamp imageFile,
        @Nullable FileStamp digestFile) {
    /** Those of a disk of a point, as they are now. */
    static LayerStamp of(Point point, ManifestDisk disk) {
        Path image = PointPaths.image(point, disk);
        Path digests = PointPaths.digests(point, disk);
        return new LayerStamp(image, digests, FileStamp.of(image), FileStamp.of(digests));
    }
}
