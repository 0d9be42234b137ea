// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.checkpoint;

import org.jspecify.annotations.Nullable;

/**
 * One disk of a checkpoint ({@code <disk>}).
 *
 * @param name the disk's target in the domain, such as {@code vda}
 * @param tracked whether its changes are tracked by a bitmap
 * @param bitmap the bitmap's name; null for the checkpoint's
 * @param size bytes changed since the checkpoint, if that was asked for
 * @since 0.1
 */
public record CheckpointDisk(
        String name,
        boolean tracked,
        @Nullable String bitmap,
        @Nullable Long size) {
    /** A tracked disk. */
    public static CheckpointDisk of(String name) {
        return new CheckpointDisk(name, true, null, null);
    }

    /** A disk that is left out. */
    public static CheckpointDisk excluded(String name) {
        return new CheckpointDisk(name, false, null, null);
    }
}
