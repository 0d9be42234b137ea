// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.micrometer;

import static java.util.Objects.requireNonNull;

import dev.virtwire.backup.BackupCancelledException;
import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.BackupResult;
import dev.virtwire.backup.Backups;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.repository.Operation;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter.MeterProvider;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Measures backups: {@code metrics.backup(backups, request, listener)} in place of {@code backups.backup(request,
 * listener)}. One object serves any number of hosts and repositories; each meter has the tag {@code domain}.
 *
 * <table>
 * <caption>The meters</caption>
 * <tr><th>Name</th><th>Kind</th><th>What</th></tr>
 * <tr><td>{@code virtwire.backups}</td><td>timer</td><td>backups from begin to end, by {@code outcome}: {@code done},
 *     {@code warned} (done, but a restore would miss something), {@code failed}, {@code cancelled}</td></tr>
 * <tr><td>{@code virtwire.backups.running}</td><td>gauge</td><td>backups that are under way</td></tr>
 * <tr><td>{@code virtwire.backups.progress}</td><td>gauge</td><td>how much of the disks the backup under way has behind
 *     it, from 0 to 1; 0 otherwise</td></tr>
 * <tr><td>{@code virtwire.backups.bytes}</td><td>counter</td><td>bytes of backups that were made, by {@code kind}:
 *     {@code read} from the host, {@code stored}</td></tr>
 * <tr><td>{@code virtwire.backups.last}</td><td>gauge</td><td>when the last point was made, in seconds since 1970; 0 if
 *     none was made since this object was</td></tr>
 * </table>
 *
 * @since 0.1
 */
public final class BackupMetrics {
    private final MeterRegistry registry;
    private final Tags tags;
    private final MeterProvider<Timer> timer;
    private final Map<String, Domain> domains = new ConcurrentHashMap<>();

    /** Measures into {@code registry}. */
    public BackupMetrics(MeterRegistry registry) {
        this(registry, Tags.empty());
    }

    /** Measures into {@code registry}; each meter gets these tags too. */
    public BackupMetrics(MeterRegistry registry, Iterable<Tag> tags) {
        this.registry = requireNonNull(registry, "registry");
        this.tags = Tags.of(tags);
        this.timer = Timer.builder("virtwire.backups")
                .description("Backups, from begin to end")
                .tags(this.tags)
                .withRegistry(registry);
    }

    /** As {@link Backups#backup}, measured. */
    public Operation<BackupResult> backup(Backups backups, BackupRequest request, ProgressListener listener) {
        Domain domain =
                domains.computeIfAbsent(request.domain(), name -> new Domain(registry, tags.and("domain", name)));
        long begun = System.nanoTime();
        Operation<BackupResult> operation = backups.backup(request, domain.listening(listener));
        domain.running.incrementAndGet();
        operation.result().whenComplete((result, failure) -> {
            domain.ended(result);
            timer.withTags("domain", request.domain(), "outcome", outcome(result, failure))
                    .record(Duration.ofNanos(System.nanoTime() - begun));
        });
        return operation;
    }

    private static String outcome(@Nullable BackupResult result, @Nullable Throwable failure) {
        if (result != null) {
            return result.warnings().isEmpty() ? "done" : "warned";
        }
        Throwable cause = failure == null ? null : LibvirtException.unwrap(failure);
        return cause instanceof BackupCancelledException || cause instanceof CancellationException
                ? "cancelled"
                : "failed";
    }

    /** What is known of a domain's backups, and its meters. */
    private static final class Domain {
        private final AtomicInteger running = new AtomicInteger();
        private final Counter read;
        private final Counter stored;
        private volatile double progress;
        private volatile long lastMillis;

        Domain(MeterRegistry registry, Tags tags) {
            Gauge.builder("virtwire.backups.running", this, domain -> domain.running.get())
                    .description("Backups that are under way")
                    .tags(tags)
                    .strongReference(true)
                    .register(registry);
            Gauge.builder("virtwire.backups.progress", this, domain -> domain.progress)
                    .description("How much of the disks the backup has behind it, from 0 to 1")
                    .tags(tags)
                    .strongReference(true)
                    .register(registry);
            TimeGauge.builder("virtwire.backups.last", () -> lastMillis, TimeUnit.MILLISECONDS)
                    .description("When the last point was made")
                    .tags(tags)
                    .strongReference(true)
                    .register(registry);
            read = bytes(registry, tags.and("kind", "read"));
            stored = bytes(registry, tags.and("kind", "stored"));
        }

        private static Counter bytes(MeterRegistry registry, Tags tags) {
            return Counter.builder("virtwire.backups.bytes")
                    .description("Bytes of backups that were made")
                    .baseUnit("bytes")
                    .tags(tags)
                    .register(registry);
        }

        ProgressListener listening(ProgressListener next) {
            return new ProgressListener() {
                @Override
                public void progressed(Progress now) {
                    progress = now.bytesTotal() == 0 ? 0 : (double) now.bytesDone() / now.bytesTotal();
                    next.progressed(now);
                }

                @Override
                public void waiting(String reason) {
                    next.waiting(reason);
                }
            };
        }

        void ended(@Nullable BackupResult result) {
            running.decrementAndGet();
            progress = 0;
            if (result != null) {
                read.increment((double) result.bytesRead());
                stored.increment((double) result.bytesStored());
                lastMillis = System.currentTimeMillis();
            }
        }
    }
}
