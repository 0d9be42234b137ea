// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal.edit;

import dev.virtwire.image.Compression;
import dev.virtwire.image.FileUse;
import dev.virtwire.image.FileUse.Kind;
import dev.virtwire.image.ImageException;
import dev.virtwire.image.internal.ClusterMap;
import dev.virtwire.image.internal.ImageFile;
import dev.virtwire.image.internal.Qcow2Header;
import dev.virtwire.image.internal.Qcow2HeaderParser;
import dev.virtwire.image.internal.RefcountReader;
import dev.virtwire.image.internal.References;
import dev.virtwire.image.internal.UsedBytes;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Looks at an image before it is edited: it must be one of the kind that our writer makes, and its tables must be
 * right. Uses are counted afresh, whatever the reference counts say.
 */
final class ImageSurvey implements References.Visitor {
    private static final int REFCOUNT_ORDER = 4;
    private static final int MIN_CLUSTER_SIZE = 4 << 10;
    /** Larger files are sparse ones of somebody who means ill. */
    private static final long MAX_FILE = 256L << 40;

    private static final int COMPATIBLE_FEATURES = 80;
    private static final int AUTOCLEAR_FEATURES = 88;
    private static final int MAX_REFCOUNT = 0xffff;

    final Qcow2Header header;
    final long fileSize;
    final RefcountReader refcounts;
    final ClusterUses uses = new ClusterUses();
    final ChangedBlocks metadata = new ChangedBlocks();
    private final UsedBytes used;
    private final Path path;
    private boolean compressed;
    private @Nullable ImageException problem;

    private ImageSurvey(ImageFile file, Qcow2Header header) throws ImageException {
        this.path = file.path();
        this.header = header;
        this.fileSize = file.size();
        this.used = new UsedBytes(header.clusterSize());
        this.refcounts = new RefcountReader(file, header, fileSize);
    }

    static ImageSurvey of(ImageFile file) throws ImageException {
        Qcow2Header header = Qcow2HeaderParser.parse(file);
        ImageSurvey survey = new ImageSurvey(file, header);
        survey.refuseOthers(file);
        new References(header, survey.fileSize, new ClusterMap(file, header, survey.fileSize), survey.refcounts)
                .walk(survey);
        ImageException found = survey.problem;
        if (found != null) {
            throw found;
        }
        if (survey.uses.end() > RefcountUpdate.mostClusters(header.clusterSize())) {
            throw new ImageException(survey.path, "is larger than clusters of " + header.clusterSize() + " can count");
        }
        return survey;
    }

    /** How many bytes of the file something uses. */
    long usedBytes() {
        return used.bytes();
    }

    /** The codec with which the image's clusters are compressed, if any are. */
    Compression compression() {
        return header.isZstd() ? Compression.ZSTD : compressed ? Compression.DEFLATE : Compression.NONE;
    }

    private void refuseOthers(ImageFile file) throws ImageException {
        if (header.version() != 3) {
            throw refused("has version " + header.version() + ", and only version 3 is edited");
        }
        if (header.refcountOrder() != REFCOUNT_ORDER) {
            throw refused(
                    "has reference counts of " + (1 << header.refcountOrder()) + " bits, and only 16 bits are edited");
        }
        if (header.clusterSize() < MIN_CLUSTER_SIZE) {
            throw refused("has clusters of " + header.clusterSize() + " bytes, and only those from 4096 on are edited");
        }
        if (header.snapshots() != 0) {
            throw refused("holds internal snapshots and is not edited");
        }
        if (header.bitmaps()) {
            throw refused("holds persistent bitmaps and is not edited");
        }
        if (header.isDirty()) {
            throw refused("is marked as dirty and is not edited");
        }
        ByteBuffer features = ByteBuffer.allocate(2 * Long.BYTES);
        file.read(features, COMPATIBLE_FEATURES, "the header");
        for (int at : new int[] {COMPATIBLE_FEATURES, AUTOCLEAR_FEATURES}) {
            long set = features.getLong(at - COMPATIBLE_FEATURES);
            if (set != 0) {
                throw new ImageException(
                        path, String.format("has features that no image of ours has (0x%016x): not edited", set), at);
            }
        }
        if (fileSize > MAX_FILE) {
            throw refused("has " + fileSize + " bytes, and only files of at most " + MAX_FILE + " are edited");
        }
    }

    @Override
    public void use(
            Kind kind, long number, long fileOffset, long length, long guestOffset, long entryOffset, boolean copied) {
        int bits = header.clusterBits();
        long last = (fileOffset + length - 1) >>> bits;
        boolean shares = kind == Kind.COMPRESSED_DATA;
        for (long cluster = fileOffset >>> bits; cluster <= last; cluster++) {
            int before = uses.get(cluster);
            if (before != ClusterUses.NOTHING && (!shares || before == ClusterUses.ALONE)) {
                FileUse use = new FileUse(cluster << bits, header.clusterSize(), kind, number, guestOffset);
                wrong("cluster is used as " + use + " and for something else", cluster << bits);
            } else if (before == MAX_REFCOUNT) {
                wrong("more than " + MAX_REFCOUNT + " compressed clusters share one", cluster << bits);
            } else {
                uses.put(cluster, shares ? before + 1 : ClusterUses.ALONE);
            }
        }
        if ((kind == Kind.DATA || kind == Kind.L2_TABLE) && !copied) {
            FileUse use = new FileUse(fileOffset, length, kind, number, guestOffset);
            wrong("the reference to " + use + " does not have bit 63 set", entryOffset);
        }
        compressed |= shares;
        used.use(kind, number, fileOffset, length, guestOffset, entryOffset, copied);
        if (kind != Kind.DATA && !shares && kind != Kind.L2_TABLE) {
            metadata.add(fileOffset, length);
        }
    }

    @Override
    public void broken(ImageException found) {
        if (problem == null) {
            problem = found;
        }
    }

    private void wrong(String text, long at) {
        broken(new ImageException(path, text, at));
    }

    private ImageException refused(String text) {
        return new ImageException(path, text);
    }
}
