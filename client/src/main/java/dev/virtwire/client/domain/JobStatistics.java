// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.domain;

import dev.virtwire.client.internal.text.RecordText;
import dev.virtwire.client.params.TypedParameters;
import dev.virtwire.protocol.remote.JobOperation;
import dev.virtwire.protocol.remote.JobType;
import dev.virtwire.protocol.remote.TypedParam;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What libvirt reports about a domain's job ({@code virDomainGetJobStats}, and the job-completed event). Which figures
 * there are depends on the job; a push backup reports the disk figures, a pull backup those of its temporary space.
 *
 * @param typeNumber how the job stands, as libvirt's number; 0 in a job-completed event, which does not say
 * @param values every value, by libvirt's own key
 * @since 0.1
 */
public record JobStatistics(int typeNumber, Map<String, Object> values) {
    /** Copies the values. */
    public JobStatistics {
        values = Collections.unmodifiableMap(new TreeMap<>(values));
    }

    /** The statistics of a list of parameters. */
    public static JobStatistics of(int typeNumber, List<TypedParam> params) {
        return new JobStatistics(typeNumber, TypedParameters.ofWire(params).toMap());
    }

    /** How the job stands; empty if a newer server has a type that this client does not know. */
    public Optional<JobType> type() {
        return JobType.of(typeNumber);
    }

    /** Whether a job is running. */
    public boolean isRunning() {
        return typeNumber == JobType.BOUNDED.value() || typeNumber == JobType.UNBOUNDED.value();
    }

    /** Whether the job is, or was, a backup. */
    public boolean isBackup() {
        return operation().filter(JobOperation.BACKUP::equals).isPresent();
    }

    /** What the job does, or did; empty if libvirt does not say, or names what this client does not know. */
    public Optional<JobOperation> operation() {
        OptionalLong number = number("operation");
        return number.isPresent() ? JobOperation.of((int) number.getAsLong()) : Optional.empty();
    }

    /** How long the job has run. */
    public Duration elapsed() {
        return Duration.ofMillis(number("time_elapsed").orElse(0));
    }

    /** Bytes of the guest's memory that a migration, a dump or a save has to move in all. */
    public OptionalLong memoryTotal() {
        return number("memory_total");
    }

    /** Bytes of the guest's memory that were moved; some more than once, as the guest writes. */
    public OptionalLong memoryProcessed() {
        return number("memory_processed");
    }

    /** Bytes of the guest's memory that are yet to be moved. */
    public OptionalLong memoryRemaining() {
        return number("memory_remaining");
    }

    /** How long the guest stood still at the end of a migration, or will as far as QEMU can say. */
    public Optional<Duration> downtime() {
        OptionalLong millis = number("downtime");
        return millis.isPresent() ? Optional.of(Duration.ofMillis(millis.getAsLong())) : Optional.empty();
    }

    /** Bytes that a push backup copies in all. */
    public OptionalLong diskTotal() {
        return number("disk_total");
    }

    /** Bytes that a push backup has copied. */
    public OptionalLong diskProcessed() {
        return number("disk_processed");
    }

    /** Bytes that a push backup has yet to copy. */
    public OptionalLong diskRemaining() {
        return number("disk_remaining");
    }

    /** Bytes of scratch space that a pull backup uses. */
    public OptionalLong temporaryUsed() {
        return number("disk_temp_used");
    }

    /** Bytes of scratch space that a pull backup may use. */
    public OptionalLong temporaryTotal() {
        return number("disk_temp_total");
    }

    /** Whether the job succeeded; null while it runs, or if libvirt does not say. */
    public @Nullable Boolean success() {
        Object value = values.get("success");
        return value instanceof Boolean flag ? flag : null;
    }

    /**
     * Why the job failed, in libvirt's words; null if it did not fail, or libvirt does not say. Of a pull backup that
     * ended as it should, libvirt says "Operation canceled", which stands in {@link #values} only.
     */
    public @Nullable String errorMessage() {
        Object value = values.get("errmsg");
        return value instanceof String text && !Boolean.TRUE.equals(success()) ? text : null;
    }

    private OptionalLong number(String key) {
        Object value = values.get(key);
        return value instanceof Number number ? OptionalLong.of(number.longValue()) : OptionalLong.empty();
    }

    /** With the names of its numbers. */
    @Override
    public String toString() {
        return RecordText.of("JobStatistics")
                .with("type", type(), typeNumber)
                .with("operation", operation().orElse(null))
                .with("values", values)
                .toString();
    }
}
