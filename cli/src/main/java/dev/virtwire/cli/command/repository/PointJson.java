// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.virtwire.cli.output.Json;
import dev.virtwire.jobs.report.JsonFields;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.Hold;
import dev.virtwire.repository.LostRange;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.PointDamage;
import dev.virtwire.repository.PointMerge;
import dev.virtwire.repository.PointVerdict;
import dev.virtwire.repository.PruneReport;
import dev.virtwire.repository.manifest.ExcludedDisk;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.PushedImage;
import dev.virtwire.repository.manifest.StoredImage;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Points, and what is wrong with them, as {@code --json} shows them: docs/command.md names each field. */
final class PointJson {
    private PointJson() {}

    /** The fields of a point, and what is known to be wrong with it. */
    static void write(JsonGenerator json, Point point, @Nullable PointDamage known) throws IOException {
        write(json, point);
        if (known == null) {
            json.writeNullField("knownDamage");
            return;
        }
        json.writeObjectFieldStart("knownDamage");
        json.writeStringField("since", known.since().toString());
        json.writeStringField("foundBy", known.foundBy());
        json.writeBooleanField("harmless", known.harmless());
        writeLost(json, known.lost());
        JsonFields.findings(json, "files", known.files());
        json.writeEndObject();
    }

    /** Ranges of disks that are lost, as an array. */
    static void writeLost(JsonGenerator json, List<LostRange> lost) throws IOException {
        json.writeArrayFieldStart("lost");
        for (LostRange range : lost) {
            json.writeStartObject();
            json.writeStringField("disk", range.disk());
            json.writeNumberField("offset", range.offset());
            json.writeNumberField("length", range.length());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    /** The fields of a point. */
    static void write(JsonGenerator json, Point point) throws IOException {
        Manifest manifest = point.manifest();
        json.writeStringField("point", point.id());
        json.writeStringField("domain", manifest.domain().name());
        json.writeStringField("uuid", manifest.domain().uuid().toString());
        json.writeStringField("folder", point.folder().toString());
        json.writeStringField("level", manifest.level().toString());
        json.writeStringField("mode", manifest.mode().toString());
        json.writeStringField("outcome", manifest.outcome());
        json.writeStringField("began", manifest.began().toString());
        json.writeStringField("completed", manifest.completed().toString());
        json.writeStringField(
                "parent", manifest.parent() == null ? null : manifest.parent().point());
        json.writeStringField("checkpoint", manifest.checkpoint());
        json.writeStringField("host", manifest.host().name());
        json.writeStringField("uri", manifest.host().uri());
        json.writeNumberField("virtualSize", virtualSize(manifest));
        json.writeNumberField("stored", stored(manifest));
        json.writeArrayFieldStart("disks");
        for (ManifestDisk disk : manifest.disks()) {
            json.writeStartObject();
            write(json, disk);
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeArrayFieldStart("excluded");
        for (ExcludedDisk disk : manifest.excluded()) {
            json.writeStartObject();
            json.writeStringField("target", disk.target());
            json.writeStringField("reason", disk.reason());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void write(JsonGenerator json, ManifestDisk disk) throws IOException {
        StoredImage image = disk.image();
        PushedImage pushed = disk.pushed();
        json.writeStringField("target", disk.target());
        json.writeStringField("level", disk.level().toString());
        json.writeStringField("reason", disk.reason());
        json.writeNumberField("virtualSize", disk.virtualSize());
        json.writeBooleanField("encrypted", disk.source().encryption() != null);
        json.writeStringField("file", image == null ? null : image.file());
        json.writeFieldName("stored");
        if (image == null) {
            json.writeNull();
        } else {
            json.writeNumber(image.size());
        }
        json.writeStringField("compression", image == null ? null : image.compression());
        json.writeStringField("pushedTo", pushed == null ? null : pushed.path());
    }

    /** The fields of a hold. */
    static void write(JsonGenerator json, Hold hold) throws IOException {
        json.writeStringField("point", hold.point());
        json.writeStringField("since", hold.since().toString());
        json.writeStringField("reason", hold.reason());
    }

    /** The fields of what pruning a domain did. */
    static void write(JsonGenerator json, PruneReport report) throws IOException {
        json.writeStringField("domain", report.domain());
        json.writeNumberField("removed", report.removed().size());
        json.writeNumberField("freed", report.freed());
        json.writeArrayFieldStart("points");
        for (PointVerdict point : report.points()) {
            json.writeStartObject();
            json.writeStringField("point", point.point());
            json.writeBooleanField("kept", point.kept());
            json.writeStringField("reason", point.reason());
            json.writeNumberField("stored", point.stored());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeArrayFieldStart("merges");
        for (PointMerge merge : report.merges()) {
            json.writeStartObject();
            json.writeStringField("into", merge.into());
            Json.writeStrings(json, "points", merge.points());
            json.writeNumberField("read", merge.read());
            json.writeNumberField("written", merge.written());
            json.writeEndObject();
        }
        json.writeEndArray();
        writeDamage(json, report.damage());
        Json.writeNotices(json, report.notices());
    }

    /** The findings of a list, as an array. */
    static void writeDamage(JsonGenerator json, List<Finding> damage) throws IOException {
        JsonFields.findings(json, "damage", damage);
    }

    /** What the guest sees, in bytes. */
    static long virtualSize(Manifest manifest) {
        return manifest.disks().stream().mapToLong(ManifestDisk::virtualSize).sum();
    }

    /** What lies in the repository, in bytes. */
    static long stored(Manifest manifest) {
        return manifest.disks().stream()
                .map(ManifestDisk::image)
                .mapToLong(image -> image == null ? 0 : image.size())
                .sum();
    }
}
