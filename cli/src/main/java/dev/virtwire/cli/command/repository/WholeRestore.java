// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.virtwire.backup.BackupCancelledException;
import dev.virtwire.backup.BackupException;
import dev.virtwire.cli.output.Amounts;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.cli.output.ErrorReport;
import dev.virtwire.cli.output.ExitCode;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.OperationCancelledException;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.RepositoryException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Restores one domain after the other. If one fails, the others are still restored. */
final class WholeRestore {
    private static final Logger LOG = LoggerFactory.getLogger(WholeRestore.class);

    /** How it went with one domain. */
    record Outcome(
            String domain,
            @Nullable RestoreReport report,
            @Nullable RuntimeException failure) {
        /** The first thing that is wrong with it, or null. */
        @Nullable
        RuntimeException trouble() {
            return failure == null && report != null ? report.trouble() : failure;
        }
    }

    /** Restores one domain. */
    @FunctionalInterface
    interface Restore {
        /**
         * Restores.
         *
         * @param interrupted what there is to say if a signal ends it
         */
        RestoreReport of(String domain, InterruptibleWork.Outcome interrupted);
    }

    private final @Nullable Path out;
    private final boolean passable;

    /**
     * Restores to folders in {@code out}, which is made, or to somewhere else if it is null.
     *
     * @param passable whether others may reach the files, if these let them
     */
    WholeRestore(@Nullable Path out, boolean passable) {
        this.out = out;
        this.passable = passable;
    }

    /** The folder of a point's domain: it has the name that it has in the repository. */
    @Nullable
    Path folder(Point point) {
        return out == null
                ? null
                : out.resolve(requireNonNull(point.folder().getParent()).getFileName());
    }

    /** Restores these domains. */
    List<Outcome> run(List<String> domains, Restore restore) throws IOException {
        boolean made = makeFolder();
        List<Outcome> outcomes = new ArrayList<>();
        List<String> done = new ArrayList<>();
        for (String domain : domains) {
            try {
                String before = "nothing of domain " + domain + " is left"
                        + (done.isEmpty() ? "" : ", and restored are " + String.join(", ", done));
                List<String> then =
                        Stream.concat(done.stream(), Stream.of(domain)).toList();
                InterruptibleWork.Outcome interrupted = then.size() == domains.size()
                        ? InterruptibleWork.Outcome.of(before)
                        : new InterruptibleWork.Outcome(
                                before,
                                then.size() + " of " + domains.size() + " domains were restored: "
                                        + String.join(", ", then));
                outcomes.add(new Outcome(domain, restore.of(domain, interrupted), null));
                done.add(domain);
            } catch (OperationCancelledException | BackupCancelledException e) {
                throw e;
            } catch (RepositoryException
                    | BackupException
                    | LibvirtException
                    | CommandException
                    | UncheckedIOException e) {
                outcomes.add(new Outcome(domain, null, e));
            }
        }
        if (made && done.isEmpty() && out != null) {
            removeFolder(out);
        }
        return outcomes;
    }

    private static void removeFolder(Path made) throws IOException {
        try {
            Files.deleteIfExists(made);
        } catch (DirectoryNotEmptyException e) {
            LOG.debug("{} is left: somebody else has put something there", made, e);
        }
    }

    private boolean makeFolder() throws IOException {
        if (out == null || Files.isDirectory(out)) {
            return false;
        }
        Files.createDirectory(out);
        if (Files.getFileStore(out).supportsFileAttributeView("posix")) {
            Files.setPosixFilePermissions(out, PosixFilePermissions.fromString(passable ? "rwx--x--x" : "rwx------"));
        }
        return true;
    }

    /** The field of all domains. */
    static void write(JsonGenerator json, List<Outcome> outcomes) throws IOException {
        json.writeArrayFieldStart("domains");
        for (Outcome outcome : outcomes) {
            json.writeStartObject();
            if (outcome.report() == null) {
                json.writeStringField("domain", outcome.domain());
            } else {
                outcome.report().write(json);
            }
            RuntimeException trouble = outcome.trouble();
            if (trouble == null) {
                json.writeNullField("error");
            } else {
                ErrorReport.writeField(json, trouble);
            }
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    /** The error that the run ends with, or null. What is damaged is code 3 only if nothing else failed. */
    static @Nullable CommandException trouble(List<Outcome> outcomes) {
        List<RuntimeException> failures = new ArrayList<>();
        List<RuntimeException> troubles = new ArrayList<>();
        for (Outcome outcome : outcomes) {
            if (outcome.failure() != null) {
                failures.add(outcome.failure());
            }
            RuntimeException trouble = outcome.trouble();
            if (trouble != null) {
                troubles.add(trouble);
            }
        }
        if (troubles.isEmpty()) {
            return null;
        }
        List<RuntimeException> told = failures.isEmpty() ? troubles : failures;
        RuntimeException first = told.get(0);
        String message = told.size() + " of " + Amounts.count(outcomes.size(), "domain")
                + (failures.isEmpty() ? " restored with damage" : " failed")
                + (told.size() == 1 ? ": " : "; the first: ")
                + ErrorReport.message(first);
        return troubles.stream().allMatch(WholeRestore::isDamage)
                ? CommandException.damaged(message)
                : CommandException.failed(message, first);
    }

    private static boolean isDamage(RuntimeException trouble) {
        return trouble instanceof DamagedException
                || (trouble instanceof CommandException known && known.exitCode() == ExitCode.DAMAGED);
    }
}
