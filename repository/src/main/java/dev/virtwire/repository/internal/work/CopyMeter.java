// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.work;

/** Told how far a copy has come; called from several threads. */
public interface CopyMeter {
    /** So many more bytes of the disk are behind the copy, holes included. */
    void passed(long bytes);

    /** So many more bytes were read from the source. */
    void moved(long bytes);

    /** So many more bytes of the disk were written to its image. */
    default void written(long bytes) {}
}
