// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * How far an operation has come.
 *
 * @param phase what it is doing
 * @param disk the target of the disk that it works on, or null
 * @param disksDone disks that are finished
 * @param disks all disks
 * @param bytesDone bytes of the disks behind it, holes included; never more than {@code bytesTotal}
 * @param bytesTotal bytes of all disks, holes included
 * @param bytesMoved bytes that were really read or written, holes left out
 * @since 0.1
 */
public record Progress(
        Phase phase,
        @Nullable String disk,
        int disksDone,
        int disks,
        long bytesDone,
        long bytesTotal,
        long bytesMoved) {
    /**
     * What is being done.
     *
     * @since 0.1
     */
    public enum Phase {
        /** Asking the host, writing the journal. */
        PREPARING,
        /** Copying the disks' data, or waiting while the host does. */
        COPYING,
        /** Reading what is stored and comparing digests. */
        VERIFYING,
        /** Making everything durable, ending the host's job, giving the point its name. */
        COMMITTING,
        /** Merging points that no rule keeps into the next one that stays. */
        MERGING,
        /** Removing points that no rule keeps. */
        REMOVING,
        /** Removing what a failure left. */
        CLEANING_UP,
        /** Nothing more is to come. */
        DONE
    }

    /** Refuses a missing field. */
    public Progress {
        requireNonNull(phase, "phase");
    }
}
