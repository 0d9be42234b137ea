// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.repository.Notice;
import dev.virtwire.repository.manifest.ManifestDisk;
import java.io.IOException;
import java.util.List;

/** Moves the data of a job that has begun. Until it is closed it watches the job. */
interface Transfer extends AutoCloseable {
    /**
     * The disks' data in the place where it stays.
     *
     * @param disks the disks, as the manifest has them
     * @param bytesRead bytes read from the host
     * @param bytesStored bytes of the images
     */
    record Copied(List<ManifestDisk> disks, long bytesRead, long bytesStored) {}

    /** Moves the data, and returns when all of it is in its place. */
    Copied copy() throws IOException;

    /** What the user should know of it, each one sentence. */
    default List<Notice> notices() {
        return List.of();
    }

    /** Ends the host's job, which has ended well when this returns. */
    void end();

    @Override
    void close();
}
