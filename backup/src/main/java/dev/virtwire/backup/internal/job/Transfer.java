// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.repository.manifest.ManifestDisk;
import java.io.IOException;
import java.time.Instant;
import java.util.List;

/** Moves the disks' data. The host's job has ended well when {@link #run} returns; when it throws it may still run. */
interface Transfer {
    /**
     * What was moved.
     *
     * @param disks the disks, as the manifest has them
     * @param began when the host was asked to begin
     * @param plan the plan as it was carried out
     * @param bytesRead bytes read from the host
     * @param bytesStored bytes of the images
     */
    record Result(List<ManifestDisk> disks, Instant began, TransferPlan plan, long bytesRead, long bytesStored) {}

    /** Told that the host's job has begun. */
    @FunctionalInterface
    interface Begun {
        /** The disks stand still from here on. */
        void begun(JobStart start) throws IOException;
    }

    /** Moves the data; {@code begun} is told before the first byte of it. */
    Result run(Begun begun) throws IOException;
}
