// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.journal;

import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.Hold;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Json;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Problems;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The points of a domain that a person holds, in one file. If it is damaged, nobody knows which these are: then no
 * point of the domain may go.
 */
public final class Holds {
    /** More than a million holds, and little enough to read at once. */
    private static final long MAX_SIZE = 64L << 20;

    private final Path file;
    private final DurableFiles files;

    /** In this journal's folder. */
    Holds(Path journal, DurableFiles files) {
        this.file = journal.resolve(Names.HELD);
        this.files = files;
    }

    /**
     * All of them, in the order in which they were made.
     *
     * @throws DamagedException if the file is not what was written
     */
    public List<Hold> list() {
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return List.of();
        }
        HeldFile read = Json.readSummed(content(), HeldFile.class);
        if (read == null) {
            throw damaged("is not what was written: its first line is not the SHA-256 of the rest");
        }
        if (!read.format().equals(HeldFile.FORMAT) || read.version() != HeldFile.VERSION) {
            throw damaged("is not of version " + HeldFile.VERSION + ", which this program reads");
        }
        List<String> points = read.points().stream().map(Hold::point).distinct().toList();
        if (points.size() < read.points().size() || !points.stream().allMatch(Names::isPoint)) {
            throw damaged("names what is no point, or a point twice");
        }
        return read.points();
    }

    /** Makes a hold, which is durable then, or gives the one that is there another reason; under the domain's lock. */
    public Hold add(Hold hold) throws IOException {
        List<Hold> holds = new ArrayList<>();
        Hold made = hold;
        for (Hold there : list()) {
            if (there.point().equals(hold.point())) {
                made = new Hold(hold.point(), there.since(), hold.reason());
            } else {
                holds.add(there);
            }
        }
        holds.add(made);
        files.replace(file, Json.writeSummed(HeldFile.of(holds)));
        return made;
    }

    /** Ends a hold, if there is one; under the domain's lock. */
    public boolean remove(String point) throws IOException {
        List<Hold> holds = new ArrayList<>(list());
        if (!holds.removeIf(hold -> hold.point().equals(point))) {
            return false;
        }
        if (holds.isEmpty()) {
            files.delete(file);
        } else {
            files.replace(file, Json.writeSummed(HeldFile.of(holds)));
        }
        return true;
    }

    private byte[] content() {
        try {
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                throw damaged("is not a regular file");
            }
            if (Files.size(file) > MAX_SIZE) {
                throw damaged("is longer than any such file");
            }
            return Files.readAllBytes(file);
        } catch (AccessDeniedException e) {
            throw Problems.with("read", file, e);
        } catch (IOException e) {
            // What the medium does not give back is as damaged as what it gives back wrong.
            throw damaged("cannot be read: " + Problems.reason(e));
        }
    }

    private DamagedException damaged(String message) {
        return new DamagedException(Finding.of(
                file,
                message + ". So nobody knows which points are held, and none of the domain is removed or merged: delete"
                        + " the file, and hold again what is to stay"));
    }
}
