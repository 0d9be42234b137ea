// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.format;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.virtwire.repository.RepositoryException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

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

    /**
     * Whether there is a repository in {@code folder}, also a damaged one. The sum alone is what a crash leaves of one
     * that was being made; beside other things it is what damage leaves of one that was whole.
     *
     * @throws RepositoryException if the folder cannot be read
     */
    public static boolean isIn(Path folder) {
        try {
            return Files.exists(folder.resolve(Names.REPOSITORY), LinkOption.NOFOLLOW_LINKS)
                    || (Files.exists(folder.resolve(Names.REPOSITORY_SUM), LinkOption.NOFOLLOW_LINKS)
                            && otherThing(folder).isPresent());
        } catch (IOException e) {
            throw Problems.with("read", folder, e);
        }
    }

    /**
     * Refuses a folder that no repository can be made of.
     *
     * @throws RepositoryException if it holds other things
     */
    public static void refuseOtherThings(Path folder) throws IOException {
        otherThing(folder).ifPresent(name -> {
            throw new RepositoryException(
                    folder + " is neither a repository nor empty (it holds " + name + "): choose an empty folder");
        });
    }

    /**
     * Makes a repository of the folder. The sum first: {@code virtwire.json} appears last and whole, so a crash leaves
     * a repository or none.
     */
    public static void create(Path folder, DurableFiles files) throws IOException {
        RepositoryFile file = first(Names.newRepositoryId(), Instant.now().truncatedTo(ChronoUnit.MILLIS));
        byte[] content = Json.write(file);
        files.replace(
                folder.resolve(Names.REPOSITORY_SUM),
                Sha256.sumLine(Sha256.of(content), Names.REPOSITORY).getBytes(StandardCharsets.US_ASCII));
        files.replace(folder.resolve(Names.REPOSITORY), content);
    }

    private static Optional<String> otherThing(Path folder) throws IOException {
        try (Stream<Path> list = Files.list(folder)) {
            return list.map(path -> String.valueOf(path.getFileName()))
                    .filter(name -> !name.equals(Names.REPOSITORY_LOCK)
                            && !name.equals(Names.REPOSITORY_SUM)
                            && !name.startsWith(".virtwire.")
                            && !name.equals("lost+found"))
                    .findFirst();
        }
    }
}
