// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.virtwire.backup.BackupCancelledException;
import dev.virtwire.backup.BackupResult;
import dev.virtwire.backup.DomainOutcome;
import dev.virtwire.cli.output.Amounts;
import dev.virtwire.cli.output.ErrorReport;
import dev.virtwire.cli.output.Json;
import dev.virtwire.repository.PruneReport;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.PushedImage;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** How backups went, for people and as JSON. */
final class BackupReport {
    private static final String LEFT_BEHIND = "Left behind";

    private BackupReport() {}

    /** What was done for a domain, in lines; no line if nothing was done. */
    static List<String> lines(DomainOutcome outcome) {
        List<String> lines = new ArrayList<>();
        BackupResult result = outcome.result();
        if (result == null) {
            return lines;
        }
        Manifest manifest = result.point().manifest();
        lines.add(result.outcome() + ": " + manifest.domain().name() + "@"
                + result.point().id() + ", "
                + Amounts.count(manifest.disks().size(), "disk") + " of "
                + Amounts.bytes(PointJson.virtualSize(manifest)) + "; " + moved(result) + " in "
                + Amounts.duration(result.duration()));
        for (ManifestDisk disk : manifest.disks()) {
            lines.add("  " + disk.target() + ": " + disk.level() + ", " + disk.reason());
        }
        Duration frozen = result.frozen();
        if (frozen != null) {
            lines.add("  the guest's file systems were frozen for " + Amounts.duration(frozen));
        }
        PruneReport pruned = outcome.pruned();
        if (pruned != null && !pruned.removed().isEmpty()) {
            int merged = pruned.merged().size();
            lines.add("  removed " + Amounts.count(pruned.removed().size() - merged, "older point")
                    + (merged == 0 ? "" : " and merged " + merged) + ", " + Amounts.bytes(pruned.freed()) + " freed");
        }
        return lines;
    }

    private static String moved(BackupResult result) {
        for (ManifestDisk disk : result.point().manifest().disks()) {
            PushedImage pushed = disk.pushed();
            if (pushed != null) {
                return "written by the host to "
                        + pushed.path().substring(0, pushed.path().lastIndexOf('/'));
            }
        }
        return Amounts.bytes(result.bytesRead()) + " read, " + Amounts.bytes(result.bytesStored()) + " stored";
    }

    /** The fields of a domain's outcome that has a point. */
    static void write(JsonGenerator json, DomainOutcome outcome) throws IOException {
        BackupResult result = outcome.result();
        if (result == null) {
            return;
        }
        PointJson.write(json, result.point());
        json.writeNumberField("bytesRead", result.bytesRead());
        json.writeNumberField("bytesStored", result.bytesStored());
        json.writeNumberField("durationMillis", result.duration().toMillis());
        Duration frozen = result.frozen();
        json.writeFieldName("frozenMillis");
        if (frozen == null) {
            json.writeNull();
        } else {
            json.writeNumber(frozen.toMillis());
        }
        Json.writeNotices(json, result.notices());
        Json.writeStrings(json, "left", result.left());
        PruneReport pruned = outcome.pruned();
        if (pruned == null) {
            json.writeNullField("pruned");
        } else {
            json.writeObjectFieldStart("pruned");
            PointJson.write(json, pruned);
            json.writeEndObject();
        }
    }

    /** The field of all domains; what has no point and has not failed was passed over. */
    static void writeAll(JsonGenerator json, List<DomainOutcome> outcomes, Predicate<DomainOutcome> failed)
            throws IOException {
        json.writeArrayFieldStart("domains");
        for (DomainOutcome outcome : outcomes) {
            json.writeStartObject();
            if (outcome.result() == null) {
                json.writeStringField("domain", outcome.domain());
            }
            write(json, outcome);
            RuntimeException failure = outcome.failure();
            if (failure == null) {
                json.writeNullField("error");
                json.writeNullField("passedOver");
            } else if (failed.test(outcome)) {
                ErrorReport.writeField(json, failure);
                json.writeNullField("passedOver");
            } else {
                json.writeNullField("error");
                json.writeStringField("passedOver", failure.getMessage());
            }
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    /** What an interrupted backup of one domain came to, a sentence. */
    static String interrupted(DomainOutcome outcome) {
        if (outcome.result() != null) {
            return "interrupted when the backup was complete: it stands as point "
                    + outcome.result().point().id();
        }
        RuntimeException failure = outcome.failure();
        if (failure instanceof BackupCancelledException) {
            String message = String.valueOf(failure.getMessage());
            return message.contains(LEFT_BEHIND) ? message : message + ", and nothing of it is left";
        }
        return "interrupted, and the backup failed: " + (failure == null ? "" : ErrorReport.message(failure));
    }

    /** What an interrupted run over several domains came to, a sentence. */
    static String interrupted(List<DomainOutcome> outcomes) {
        List<String> complete = new ArrayList<>();
        List<String> left = new ArrayList<>();
        for (DomainOutcome outcome : outcomes) {
            if (outcome.result() != null) {
                complete.add(outcome.domain() + "@" + outcome.result().point().id());
            } else if (outcome.failure() != null
                    && String.valueOf(outcome.failure().getMessage()).contains(LEFT_BEHIND)) {
                left.add(String.valueOf(outcome.failure().getMessage()));
            }
        }
        return "interrupted: " + (outcomes.size() - complete.size()) + " of "
                + Amounts.count(outcomes.size(), "domain") + " were not backed up, and "
                + (left.isEmpty() ? "nothing of them is left" : "something is left: " + String.join("; ", left))
                + (complete.isEmpty() ? "" : "; complete: " + String.join(", ", complete));
    }
}
