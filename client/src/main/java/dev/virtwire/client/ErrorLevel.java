// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import java.util.Optional;

/** How bad an error is, by libvirt's own numbers ({@code virErrorLevel}). */
public enum ErrorLevel {
    /** libvirt level 0. */
    NONE(0),
    /** libvirt level 1. */
    WARNING(1),
    /** libvirt level 2. */
    ERROR(2);

    private final int number;

    ErrorLevel(int number) {
        this.number = number;
    }

    /** The level of a number, or nothing where this version does not know it. */
    public static Optional<ErrorLevel> of(int number) {
        return switch (number) {
            case 0 -> Optional.of(NONE);
            case 1 -> Optional.of(WARNING);
            case 2 -> Optional.of(ERROR);
            default -> Optional.empty();
        };
    }

    /** The number on the wire. */
    public int number() {
        return number;
    }
}
