// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.format;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code virtwire.json}.
 *
 * @param format always {@value #FORMAT}
 * @param version {@value #FIRST_VERSION} in a new repository, up to {@value #VERSION}; raised when an older program
 *     must not touch the repository any more
 * @param id the repository's id, part of every checkpoint's name
 * @param created when, in UTC
 * @param formerIds ids that it had before, the first one first; points may name any of them
 */
public record RepositoryFile(
        String format,
        @JsonProperty(required = true) int version,
        String id,
        Instant created,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> formerIds) {
    /** What {@link #format} says. */
    public static final String FORMAT = "virtwire-repository";

    /** What every program reads: no point was merged into another, none is held, and the id is the first one. */
    public static final int FIRST_VERSION = 1;

    /** Points may have been merged into others, and may be held. */
    public static final int WITH_MERGES = 2;

    /** The id is not the first one: the newest version that this program reads. */
    public static final int WITH_FORMER_IDS = 3;

    /** The newest version that this program reads: see docs/format.md for what each adds. */
    public static final int VERSION = WITH_FORMER_IDS;

    /** Refuses a missing field but for {@code formerIds}, which earlier programs did not write. */
    public RepositoryFile {
        requireNonNull(format, "format");
        requireNonNull(id, "id");
        requireNonNull(created, "created");
        formerIds = formerIds == null ? List.of() : List.copyOf(formerIds);
    }

    /**
     * What stands in the repository in {@code folder}.
     *
     * @throws dev.virtwire.repository.DamagedException if it is damaged
     */
    public static RepositoryFile read(Path folder) {
        return SummedFile.read(
                        folder.resolve(Names.REPOSITORY), folder.resolve(Names.REPOSITORY_SUM), RepositoryFile.class)
                .value();
    }

    /** A repository that has never had another id. */
    public static RepositoryFile first(String id, Instant created) {
        return new RepositoryFile(FORMAT, FIRST_VERSION, id, created, List.of());
    }

    /** The same of at least this version. */
    public RepositoryFile raised(int to) {
        return new RepositoryFile(format, Math.max(version, to), id, created, formerIds);
    }

    /** The same with another id. */
    public RepositoryFile renamed(String newId) {
        List<String> former = new ArrayList<>(formerIds);
        former.add(id);
        return new RepositoryFile(format, Math.max(version, WITH_FORMER_IDS), newId, created, former);
    }
}
