// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal;

import dev.virtwire.image.BackingFile;
import dev.virtwire.image.Compression;
import dev.virtwire.image.Qcow2Options;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The header of a qcow2 image, as the file states it. {@link Qcow2HeaderParser} reads one and checks every field.
 *
 * @param version 2 or 3
 * @param backing the file beneath, or null
 * @param clusterBits the binary logarithm of the cluster size, 9 to 21
 * @param virtualSize the disk's size in bytes
 * @param l1Entries how many entries the first-level table has
 * @param l1Offset where it begins
 * @param refcountTableOffset where the refcount table begins
 * @param refcountTableClusters how many clusters it takes
 * @param refcountOrder the binary logarithm of a refcount's bits, 0 to 6
 * @param snapshots how many internal snapshots there are
 * @param incompatible the features that a reader must know
 * @param bitmaps whether the image holds persistent bitmaps
 */
public record Qcow2Header(
        int version,
        @Nullable BackingFile backing,
        int clusterBits,
        long virtualSize,
        int l1Entries,
        long l1Offset,
        long refcountTableOffset,
        int refcountTableClusters,
        int refcountOrder,
        int snapshots,
        long incompatible,
        boolean bitmaps) {
    /** {@code QFI\xfb}. */
    public static final int MAGIC = 0x514649fb;

    static final int LENGTH_V2 = 72;
    static final int LENGTH_V3 = 104;
    /** What we write: the field for the compression type, and padding to a multiple of 8. */
    static final int LENGTH = 112;

    /** The reference counts may be too low. */
    static final long FEATURE_DIRTY = 1;

    /** The header has a compression type, and it is not deflate. */
    static final long FEATURE_COMPRESSION_TYPE = 1 << 3;

    static final byte COMPRESSION_ZSTD = 1;

    static final int EXTENSION_END = 0;
    static final int EXTENSION_BACKING_FORMAT = 0xe2792aca;
    static final int EXTENSION_FEATURE_NAMES = 0x6803f857;
    static final int EXTENSION_BITMAPS = 0x23852875;

    /** The cluster size in bytes. */
    public int clusterSize() {
        return 1 << clusterBits;
    }

    /** How the clusters are compressed that are. */
    public Compression compression() {
        return (incompatible & FEATURE_COMPRESSION_TYPE) == 0 ? Compression.DEFLATE : Compression.ZSTD;
    }

    /** Whether the header says that compressed clusters are Zstandard frames. */
    public boolean isZstd() {
        return compression() == Compression.ZSTD;
    }

    /** Whether the reference counts may be too low, as a writer marked that was lazy about them. */
    public boolean isDirty() {
        return (incompatible & FEATURE_DIRTY) != 0;
    }

    /** The header of an image that we write. */
    static Qcow2Header forNewImage(
            Qcow2Options options, int l1Entries, long l1Offset, long refcountTableOffset, int refcountTableClusters) {
        return new Qcow2Header(
                3,
                options.backing(),
                Integer.numberOfTrailingZeros(options.clusterSize()),
                options.virtualSize(),
                l1Entries,
                l1Offset,
                refcountTableOffset,
                refcountTableClusters,
                Refcounts.ORDER,
                0,
                options.compression() == Compression.ZSTD ? FEATURE_COMPRESSION_TYPE : 0,
                false);
    }

    /** The bytes of the header, with its extensions and the backing file's name; fewer than the smallest cluster. */
    public ByteBuffer encode() {
        byte[] name = bytes(backing == null ? null : backing.name());
        byte[] format = bytes(backing == null ? null : backing.format());
        int formatExtension = backing == null ? 0 : 2 * Integer.BYTES + (int) Entries.alignUp(format.length, 8);
        int nameOffset = LENGTH + formatExtension + 2 * Integer.BYTES;

        ByteBuffer header = ByteBuffer.allocate((int) Entries.alignUp(nameOffset + name.length, 8));
        header.putInt(MAGIC);
        header.putInt(3); // version
        header.putLong(backing == null ? 0 : nameOffset);
        header.putInt(name.length);
        header.putInt(clusterBits);
        header.putLong(virtualSize);
        header.putInt(0); // no encryption
        header.putInt(l1Entries);
        header.putLong(l1Offset);
        header.putLong(refcountTableOffset);
        header.putInt(refcountTableClusters);
        header.putInt(0); // no snapshots
        header.putLong(0); // nor a table of them
        header.putLong(incompatible);
        header.putLong(0); // compatible features
        header.putLong(0); // autoclear features
        header.putInt(refcountOrder);
        header.putInt(LENGTH);
        header.put(compression() == Compression.ZSTD ? COMPRESSION_ZSTD : 0);
        header.position(LENGTH); // padding
        if (backing != null) {
            header.putInt(EXTENSION_BACKING_FORMAT);
            header.putInt(format.length);
            header.put(format);
        }
        header.position(nameOffset - 2 * Integer.BYTES);
        header.putInt(EXTENSION_END);
        header.putInt(0); // which is empty
        header.put(name);
        return header.rewind();
    }

    private static byte[] bytes(@Nullable String text) {
        return Objects.requireNonNullElse(text, "").getBytes(StandardCharsets.UTF_8);
    }
}
