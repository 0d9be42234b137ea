// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.copy;

import dev.virtwire.image.Compression;
import dev.virtwire.image.Qcow2Options;
import dev.virtwire.image.Qcow2Writer;
import dev.virtwire.repository.internal.digest.DigestFileWriter;
import dev.virtwire.repository.internal.digest.Leaves;
import dev.virtwire.repository.internal.disk.SourceDisk;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.work.CopyMeter;
import dev.virtwire.repository.manifest.ContentDigest;
import dev.virtwire.repository.manifest.StoredFile;
import dev.virtwire.repository.manifest.StoredImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Makes a disk's image and digest file in a point's folder. Both are whole and durable when {@link #store} returns. */
public final class DiskStore {
    /**
     * What the manifest says of the files.
     *
     * @param image the image
     * @param content the disk's content
     * @param digests the digest file
     */
    public record Stored(StoredImage image, ContentDigest content, StoredFile digests) {}

    /**
     * What an increment builds on.
     *
     * @param backing the parent's image as the new one names it, relative to its folder
     * @param leaves the parent's leaves, parents followed
     * @param comparison what each block is compared with, or null if the source says what changed
     */
    public record Parent(
            String backing, Leaves leaves, @Nullable Comparison comparison) {
        /** Of a source that says what changed. */
        public Parent(String backing, Leaves leaves) {
            this(backing, leaves, null);
        }
    }

    private final Path folder;
    private final DiskCopy.Buffers buffers;
    private final Executor workers;
    private final CopyMeter meter;
    private final BooleanSupplier cancelled;
    private final Compression compression;
    private final boolean goesOn;
    private final boolean noted;

    /** For disks in {@code folder}; for the rest see {@link DiskCopy}. */
    public DiskStore(
            Path folder, DiskCopy.Buffers buffers, Executor workers, CopyMeter meter, BooleanSupplier cancelled) {
        this(folder, buffers, workers, meter, cancelled, Compression.NONE, false, true);
    }

    private DiskStore(
            Path folder,
            DiskCopy.Buffers buffers,
            Executor workers,
            CopyMeter meter,
            BooleanSupplier cancelled,
            Compression compression,
            boolean goesOn,
            boolean noted) {
        this.folder = folder;
        this.buffers = buffers;
        this.workers = workers;
        this.meter = meter;
        this.cancelled = cancelled;
        this.compression = compression;
        this.goesOn = goesOn;
        this.noted = noted;
    }

    /** The same with images that are compressed so, by the workers. */
    public DiskStore compressing(Compression kind) {
        return new DiskStore(folder, buffers, workers, meter, cancelled, kind, goesOn, noted);
    }

    /**
     * The same for a folder that a run was killed over, whose sources are those of that run: what it copied and is
     * found to be in the image is not copied again. An image that is compressed is copied again from its beginning.
     */
    public DiskStore resuming() {
        return new DiskStore(folder, buffers, workers, meter, cancelled, compression, true, true);
    }

    /** The same for copies that nobody resumes: what is copied is not noted. */
    public DiskStore withoutNotes() {
        return new DiskStore(folder, buffers, workers, meter, cancelled, compression, goesOn, false);
    }

    /** Copies {@code source} as the disk {@code target}, over {@code parent} if it is an increment. */
    public Stored store(SourceDisk source, String target, @Nullable Parent parent) throws IOException {
        Path image = folder.resolve(Names.image(target));
        Path digests = folder.resolve(Names.digests(target));
        Qcow2Options options = Qcow2Options.ofSize(source.size()).withCompression(compression);
        if (parent != null) {
            options = options.withBacking(parent.backing(), "qcow2");
        }
        Path spooled = folder.resolve("." + target + ".spool");
        Path copied = folder.resolve(Names.copied(target));
        if (goesOn) {
            Files.deleteIfExists(digests);
            Files.deleteIfExists(spooled);
            if (compression != Compression.NONE || !Files.exists(copied) || !Files.exists(image)) {
                Files.deleteIfExists(image);
                Files.deleteIfExists(copied);
            }
        }
        try (DigestFileWriter.Spool spool = DigestFileWriter.Spool.create(spooled);
                DigestFileWriter leaves =
                        DigestFileWriter.create(digests, source.size(), parent == null ? null : parent.leaves())) {
            try (Qcow2Writer writer = goesOn && Files.exists(image)
                            ? Qcow2Writer.reopen(image, options)
                            : Qcow2Writer.create(image, options, DurableFiles.privateFile(image));
                    CopyLog log = noted && compression == Compression.NONE
                            ? CopyLog.open(copied, source.size(), writer.clusterSize())
                            : null) {
                CopyTarget to = new CopyTarget(
                        writer, leaves, spool, log, parent != null, parent == null ? null : parent.comparison());
                new DiskCopy(source, to, buffers, workers, meter, cancelled).run();
                writer.finish();
            }
            spool.drain(image, leaves, this::work);
            long size = Files.size(image);
            DigestFileWriter.Summary summary = leaves.finish(size);
            return new Stored(
                    new StoredImage(
                            Names.image(target),
                            "qcow2",
                            compression.toString(),
                            size,
                            summary.fileRoot(),
                            parent == null ? null : parent.backing()),
                    new ContentDigest(summary.contentRoot()),
                    new StoredFile(Names.digests(target), summary.size(), summary.sha256()));
        }
    }

    private void work(Runnable task) {
        if (cancelled.getAsBoolean()) {
            throw new CopyCancelledException();
        }
        workers.execute(task);
    }
}
