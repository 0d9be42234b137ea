// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.volume;

import dev.virtwire.cli.command.ConnectedCommand;
import dev.virtwire.cli.output.Amounts;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.cli.output.ExitCode;
import dev.virtwire.cli.output.Interruption;
import dev.virtwire.cli.output.ProgressView;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.storage.StorageVolume;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.StoragePoolCalls;
import dev.virtwire.protocol.remote.StoragePoolRef;
import dev.virtwire.protocol.remote.StorageVolCalls;
import dev.virtwire.protocol.stream.LibvirtStream;
import dev.virtwire.repository.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * What upload and download have in common.
 *
 * @param <S> which way the stream goes
 */
abstract class TransferCommand<S extends LibvirtStream> extends ConnectedCommand {
    private static final long CLEAN_UP_SECONDS = 60;

    @Parameters(
            index = "0",
            paramLabel = "VOLUME",
            description = "The volume, as POOL/NAME, by its path on the host, or by its key.")
    private String name = "";

    @Parameters(index = "1", paramLabel = "FILE", description = "The file on this machine.")
    private Path file = Path.of("");

    @Option(names = "--offset", paramLabel = "BYTES", description = "Begin at this byte of the volume. Default: 0.")
    private long offset;

    @Option(
            names = "--length",
            paramLabel = "BYTES",
            description = "Move this many bytes. Default: as many as there are.")
    private long length;

    /** Opens the stream. */
    abstract S open(StorageVolume volume);

    /** How many bytes there will be, for those who watch. */
    abstract long total(StorageVolume volume) throws IOException;

    /** Moves the content, and finishes the stream. */
    abstract long move(S stream, LongConsumer progress) throws IOException;

    /** What is done, in a word. */
    abstract String task();

    /** What there is after an end before the end. */
    abstract String remains();

    final Path file() {
        return file;
    }

    final long offset() {
        return offset;
    }

    final long length() {
        return length;
    }

    @Override
    protected int run(Libvirt libvirt) throws IOException {
        if (offset < 0 || length < 0) {
            throw CommandException.usage("--offset and --length are numbers of bytes, not negative ones", null);
        }
        StorageVolume volume = volume(libvirt);
        long begin = System.nanoTime();
        long total = total(volume);
        long moved;
        try (ProgressView view = progressView(task())) {
            moved = transfer(open(volume), view, total);
        }
        Duration duration = Duration.ofNanos(System.nanoTime() - begin);
        if (json()) {
            printJson(json -> {
                json.writeStringField("pool", volume.poolName());
                json.writeStringField("volume", volume.name());
                json.writeStringField("file", file.toString());
                json.writeNumberField("bytes", moved);
                json.writeNumberField("durationMillis", duration.toMillis());
            });
        } else {
            say("%sed %s: %s in %s".formatted(task(), volume, Amounts.bytes(moved), Amounts.duration(duration)));
        }
        return ExitCode.DONE;
    }

    private long transfer(S stream, ProgressView view, long total) throws IOException {
        Interruption interruption = console().interruption();
        CountDownLatch over = new CountDownLatch(1);
        interruption.cleanUpBy(() -> {
            stream.abort();
            boolean ended = over.await(CLEAN_UP_SECONDS, TimeUnit.SECONDS);
            view.close();
            return ended
                    ? "interrupted; " + remains()
                    : "interrupted; the clean-up is not done after " + CLEAN_UP_SECONDS + " s";
        });
        try {
            long moved = move(stream, bytes -> view.progressed(progress(Progress.Phase.COPYING, bytes, total)));
            view.progressed(progress(Progress.Phase.DONE, moved, moved));
            return moved;
        } catch (CompletionException e) {
            throw LibvirtException.unwrap(e) instanceof RuntimeException known ? known : e;
        } finally {
            stream.abort();
            over.countDown();
            interruption.awaitIfBegun();
            interruption.cleanUpBy(null);
        }
    }

    private static Progress progress(Progress.Phase phase, long bytes, long total) {
        return new Progress(phase, null, 0, 1, bytes, Math.max(bytes, total), bytes);
    }

    private StorageVolume volume(Libvirt libvirt) {
        StorageVolCalls calls = new StorageVolCalls(libvirt);
        int slash = name.indexOf('/');
        Optional<StorageVolume> found = Optional.empty();
        if (slash > 0) {
            StoragePoolRef pool = find(
                            new StoragePoolCalls(libvirt).storagePoolLookupByName(name.substring(0, slash)),
                            ErrorCode.NO_STORAGE_POOL)
                    .orElseThrow(() -> CommandException.notFound("there is no storage pool '%s' on %s"
                            .formatted(name.substring(0, slash), libvirt.uri().where())))
                    .pool();
            found = find(calls.storageVolLookupByName(pool, name.substring(slash + 1)), ErrorCode.NO_STORAGE_VOL)
                    .map(result -> StorageVolume.of(libvirt, result.volume()));
        } else if (slash == 0) {
            found = find(calls.storageVolLookupByPath(name), ErrorCode.NO_STORAGE_VOL)
                    .map(result -> StorageVolume.of(libvirt, result.volume()));
        }
        return found.or(() -> find(calls.storageVolLookupByKey(name), ErrorCode.NO_STORAGE_VOL)
                        .map(result -> StorageVolume.of(libvirt, result.volume())))
                .orElseThrow(() -> CommandException.notFound("there is no storage volume '%s' on %s"
                        .formatted(name, libvirt.uri().where())));
    }
}
