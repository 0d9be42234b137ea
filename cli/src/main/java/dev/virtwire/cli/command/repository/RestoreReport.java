// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.virtwire.cli.output.Amounts;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.cli.output.Json;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.LostRange;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.PointChoice;
import dev.virtwire.repository.manifest.DomainIdentity;
import dev.virtwire.repository.manifest.ExcludedDisk;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a restore of one domain went, for people and as JSON.
 *
 * @param choice the point
 * @param where where it was restored to, in words
 * @param pool the storage pool, or null
 * @param files the files or devices
 * @param volumes the names of the volumes
 * @param bytesWritten bytes written
 * @param duration how long it took
 * @param defined the domain that was defined, or null
 * @param lost what could not be given back
 * @param damage what is damaged in the repository
 * @param found what the user should know besides
 */
record RestoreReport(
        PointChoice choice,
        String where,
        @Nullable String pool,
        List<String> files,
        List<String> volumes,
        long bytesWritten,
        Duration duration,
        @Nullable DomainIdentity defined,
        List<LostRange> lost,
        List<Finding> damage,
        List<Notice> found) {
    /** What the user should know, with the disks that the point does not have. */
    List<Notice> notices() {
        List<Notice> notices = new ArrayList<>(found);
        for (ExcludedDisk disk : choice.point().manifest().lacking()) {
            String text = "the point does not have disk " + disk.target() + ": " + disk.reason();
            notices.add(disk.missed() ? Notice.warning(text) : Notice.information(text));
        }
        return notices;
    }

    /** Sentences on newer points that were passed over. */
    List<String> passedOver() {
        return choice.passedOver().stream()
                .map(passed -> "passed over, since it cannot be restored from here: " + passed)
                .toList();
    }

    /** What was done, in lines. */
    List<String> lines() {
        Point point = choice.point();
        List<String> lines = new ArrayList<>();
        List<String> made = new ArrayList<>(files);
        made.addAll(volumes);
        lines.add("restored " + point.manifest().domain().name() + "@" + point.id() + " to " + where + ": "
                + String.join(", ", made) + "; " + Amounts.bytes(bytesWritten) + " written in "
                + Amounts.duration(duration));
        if (defined != null) {
            lines.add("defined: domain " + defined.name() + " with UUID " + defined.uuid() + ", not started");
        }
        return lines;
    }

    /** What is wrong, in lines: these are printed with {@code --quiet} too. */
    List<String> losses() {
        List<String> lines = new ArrayList<>();
        lost.forEach(range -> lines.add("lost: " + range));
        damage.forEach(finding -> lines.add("damaged: " + finding));
        return lines;
    }

    /** The fields. */
    void write(JsonGenerator json) throws IOException {
        json.writeStringField("domain", choice.point().manifest().domain().name());
        json.writeStringField("point", choice.point().id());
        if (pool != null) {
            json.writeStringField("pool", pool);
        }
        if (pool == null) {
            Json.writeStrings(json, "files", files);
        }
        if (pool != null || !volumes.isEmpty()) {
            Json.writeStrings(json, "volumes", volumes);
        }
        json.writeNumberField("bytesWritten", bytesWritten);
        json.writeNumberField("durationMillis", duration.toMillis());
        json.writeStringField("definedName", defined == null ? null : defined.name());
        json.writeStringField(
                "definedUuid", defined == null ? null : defined.uuid().toString());
        Json.writeStrings(json, "passedOver", choice.passedOver());
        PointJson.writeLost(json, lost);
        PointJson.writeDamage(json, damage);
        Json.writeNotices(json, notices());
    }

    /** The error that the command ends with though something was restored, or null: the exit code says it. */
    @Nullable
    CommandException trouble() {
        if (!lost.isEmpty()) {
            long bytes = lost.stream().mapToLong(LostRange::length).sum();
            return CommandException.damaged("not all could be given back: " + Amounts.bytes(bytes) + " in "
                    + Amounts.count(lost.size(), "range") + " are zeros: "
                    + Amounts.few(lost.stream().map(LostRange::toString).toList()));
        }
        if (!damage.isEmpty()) {
            return CommandException.damaged("what is restored is right, and the repository is damaged: "
                    + Amounts.few(damage.stream().map(Finding::toString).toList()));
        }
        return choice.damaged()
                ? CommandException.damaged("what is restored is right, and is not the newest: newer points are damaged")
                : null;
    }
}
