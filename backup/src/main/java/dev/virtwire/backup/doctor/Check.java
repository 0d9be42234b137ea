// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.doctor;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * What one question brought.
 *
 * @param kind what kind of thing was looked at
 * @param of what was looked at: {@value #HOST}, {@value #REPOSITORY}, or the name of a domain
 * @param name what was asked for, in a word or two, such as {@code agent} or {@code disk vda}
 * @param result how it stands
 * @param found what was found, one sentence without its full stop
 * @param remedy what to do about it, one sentence without its full stop; null if there is nothing to do
 * @since 0.1
 */
public record Check(
        Kind kind,
        String of,
        String name,
        Result result,
        String found,
        @Nullable String remedy) {
    /** What {@link #of} says of the host itself. */
    public static final String HOST = "host";

    /** What {@link #of} says of the repository. */
    public static final String REPOSITORY = "repository";

    /**
     * What can be looked at. A domain may be called as a host or repository is in {@link #of}.
     *
     * @since 0.1
     */
    public enum Kind {
        /** The host itself. */
        HOST,
        /** The repository. */
        REPOSITORY,
        /** A domain of the host. */
        DOMAIN
    }

    /**
     * How it stands, from good to bad.
     *
     * @since 0.1
     */
    public enum Result {
        /** It works. */
        OK,
        /** It works, and there is something to know of it. */
        NOTE,
        /** A backup would be made, but would miss something; or nobody can tell whether it would. */
        WARNING,
        /** A backup would fail as things are. */
        FAILS
    }

    /** Refuses a missing field. */
    public Check {
        requireNonNull(kind, "kind");
        requireNonNull(of, "of");
        requireNonNull(name, "name");
        requireNonNull(result, "result");
        requireNonNull(found, "found");
    }
}
