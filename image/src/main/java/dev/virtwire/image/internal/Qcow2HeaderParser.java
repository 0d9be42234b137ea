// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal;

import dev.virtwire.image.BackingFile;
import dev.virtwire.image.ImageException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads the header of a file that may be anything, and refuses what is not a qcow2 image that we can read. */
public final class Qcow2HeaderParser {
    private static final long CORRUPT = 1 << 1;
    private static final long EXTERNAL_DATA = 1 << 2;
    private static final long EXTENDED_L2 = 1 << 4;

    private static final int MIN_CLUSTER_BITS = 9;
    private static final int MAX_CLUSTER_BITS = 21;
    private static final int MAX_REFCOUNT_ORDER = 6;
    private static final int DEFAULT_REFCOUNT_ORDER = 4;
    private static final long MAX_L1_BYTES = 32 << 20;
    private static final long MAX_REFCOUNT_TABLE_BYTES = 8 << 20;
    private static final int MAX_FORMAT_BYTES = 15;
    private static final int FEATURE_NAME_BYTES = 48;

    private final ImageFile file;
    private final long fileSize;
    private final ByteBuffer header;
    private @Nullable String backingFormat;
    private @Nullable ByteBuffer featureNames;
    private boolean bitmaps;

    private Qcow2HeaderParser(ImageFile file, long fileSize, ByteBuffer header) {
        this.file = file;
        this.fileSize = fileSize;
        this.header = header;
    }

    /**
     * Reads and checks the header.
     *
     * @throws ImageException if the file is no qcow2 image, needs a feature that we do not have, or has a field that
     *     cannot be right
     */
    public static Qcow2Header parse(ImageFile file) throws ImageException {
        long fileSize = file.size();
        ByteBuffer fixed = ByteBuffer.allocate(Qcow2Header.LENGTH_V2);
        fixed.limit((int) Math.min(fileSize, fixed.capacity()));
        file.read(fixed, 0, "the header");
        fixed.flip();
        if (fixed.remaining() < Integer.BYTES || fixed.getInt(0) != Qcow2Header.MAGIC) {
            throw new ImageException(file.path(), "is not a qcow2 image", 0);
        }
        if (fixed.remaining() < Qcow2Header.LENGTH_V2) {
            throw new ImageException(file.path(), "the file ends inside the header", fileSize);
        }
        int clusterBits = fixed.getInt(20);
        if (clusterBits < MIN_CLUSTER_BITS || clusterBits > MAX_CLUSTER_BITS) {
            throw new ImageException(
                    file.path(), "cluster_bits is " + Integer.toUnsignedString(clusterBits) + ", not 9 to 21", 20);
        }
        ByteBuffer cluster = ByteBuffer.allocate((int) Math.min(1L << clusterBits, fileSize));
        file.read(cluster, 0, "the header");
        return new Qcow2HeaderParser(file, fileSize, cluster.flip()).parse(1 << clusterBits);
    }

    private Qcow2Header parse(int clusterSize) throws ImageException {
        int version = header.getInt(4);
        if (version != 2 && version != 3) {
            throw wrong("version is " + Integer.toUnsignedString(version) + ", neither 2 nor 3", 4);
        }
        int headerLength = version == 2 ? Qcow2Header.LENGTH_V2 : headerLength();
        readExtensions(headerLength);
        long incompatible = version == 2 ? 0 : header.getLong(72);
        refuseFeatures(incompatible, headerLength);
        if (header.getInt(32) != 0) {
            throw wrong("the image is encrypted (method " + Integer.toUnsignedString(header.getInt(32)) + ")", 32);
        }
        int refcountOrder = version == 2 ? DEFAULT_REFCOUNT_ORDER : header.getInt(96);
        if (refcountOrder < 0 || refcountOrder > MAX_REFCOUNT_ORDER) {
            throw wrong("refcount_order is " + Integer.toUnsignedString(refcountOrder) + ", not 0 to 6", 96);
        }
        long virtualSize = header.getLong(24);
        if (virtualSize < 0 || virtualSize % 512 != 0) {
            throw wrong("size is " + Long.toUnsignedString(virtualSize) + ", not a multiple of 512", 24);
        }
        int l1Entries = l1Entries(virtualSize, clusterSize);
        long l1Offset = header.getLong(40);
        if (l1Entries > 0) {
            checkTable("l1_table_offset", l1Offset, (long) l1Entries * Long.BYTES, clusterSize, 40);
        }
        int refcountTableClusters = header.getInt(56);
        long refcountTableOffset = header.getLong(48);
        checkRefcountTable(refcountTableOffset, refcountTableClusters, clusterSize);
        return new Qcow2Header(
                version,
                backing(),
                Integer.numberOfTrailingZeros(clusterSize),
                virtualSize,
                l1Entries,
                l1Offset,
                refcountTableOffset,
                refcountTableClusters,
                refcountOrder,
                header.getInt(60),
                incompatible,
                bitmaps);
    }

    private int headerLength() throws ImageException {
        if (header.limit() < Qcow2Header.LENGTH_V3) {
            throw wrong("the file ends inside the header", header.limit());
        }
        int length = header.getInt(100);
        if (length < Qcow2Header.LENGTH_V3 || length % 8 != 0 || length > header.limit()) {
            throw wrong(
                    "header_length is " + Integer.toUnsignedString(length) + ", not a multiple of 8 from 104 to "
                            + header.limit(),
                    100);
        }
        return length;
    }

    private int l1Entries(long virtualSize, int clusterSize) throws ImageException {
        long entries = Integer.toUnsignedLong(header.getInt(36));
        long needed = Entries.l1Entries(virtualSize, clusterSize);
        if (entries < needed || entries > MAX_L1_BYTES / Long.BYTES) {
            throw wrong("l1_size is " + entries + " where the disk's size needs " + needed, 36);
        }
        return (int) entries;
    }

    private void checkRefcountTable(long offset, int clusters, int clusterSize) throws ImageException {
        if (clusters <= 0 || (long) clusters * clusterSize > Math.max(MAX_REFCOUNT_TABLE_BYTES, clusterSize)) {
            throw wrong("refcount_table_clusters is " + Integer.toUnsignedString(clusters), 56);
        }
        checkTable("refcount_table_offset", offset, (long) clusters * clusterSize, clusterSize, 48);
    }

    private void checkTable(String field, long offset, long length, int clusterSize, int at) throws ImageException {
        if (offset <= 0 || offset % clusterSize != 0) {
            throw wrong(field + " is " + Long.toUnsignedString(offset) + ", not a cluster after the header", at);
        }
        if (offset > fileSize - length) {
            throw wrong(
                    field + " is " + offset + ", but " + length + " bytes from there leave the file of " + fileSize,
                    at);
        }
    }

    private void refuseFeatures(long incompatible, int headerLength) throws ImageException {
        if ((incompatible & CORRUPT) != 0) {
            throw wrong("the image is marked as corrupt", 72);
        }
        if ((incompatible & EXTERNAL_DATA) != 0) {
            throw wrong("the image keeps its data in another file (external data file), which is not supported", 72);
        }
        if ((incompatible & EXTENDED_L2) != 0) {
            throw wrong("the image has subclusters (extended L2 entries), which are not supported", 72);
        }
        // The field exists only where the header is long enough, and only the feature bit gives it a meaning.
        int compression = headerLength > Qcow2Header.LENGTH_V3 ? header.get(104) & 0xff : 0;
        boolean typed = (incompatible & Qcow2Header.FEATURE_COMPRESSION_TYPE) != 0;
        if (typed != (compression != 0) || compression > Qcow2Header.COMPRESSION_ZSTD) {
            throw wrong(
                    "compression_type is " + compression + " with the feature bit " + (typed ? "set" : "not set"), 104);
        }
        long unknown = incompatible & ~(Qcow2Header.FEATURE_DIRTY | Qcow2Header.FEATURE_COMPRESSION_TYPE);
        if (unknown != 0) {
            throw wrong("the image needs unknown features: " + names(unknown), 72);
        }
    }

    private String names(long features) {
        StringBuilder names = new StringBuilder();
        for (int bit = 0; bit < Long.SIZE; bit++) {
            if ((features >>> bit & 1) != 0) {
                names.append(names.length() == 0 ? "" : ", ").append("bit ").append(bit);
                String name = name(bit);
                if (name != null) {
                    names.append(" (").append(name).append(')');
                }
            }
        }
        return names.toString();
    }

    /** What the image itself calls an incompatible feature. */
    private @Nullable String name(int bit) {
        ByteBuffer table = featureNames;
        if (table == null) {
            return null;
        }
        for (int at = 0; at + FEATURE_NAME_BYTES <= table.limit(); at += FEATURE_NAME_BYTES) {
            if (table.get(at) == 0 && table.get(at + 1) == bit) {
                byte[] name = new byte[FEATURE_NAME_BYTES - 2];
                table.get(at + 2, name);
                return new String(name, StandardCharsets.US_ASCII).replaceAll("[^ -~]", "");
            }
        }
        return null;
    }

    private void readExtensions(int from) throws ImageException {
        long nameOffset = header.getLong(8);
        long end = nameOffset > from && nameOffset < header.limit() ? nameOffset : header.limit();
        int at = from;
        while (at + 2 * Integer.BYTES <= end) {
            int type = header.getInt(at);
            int length = header.getInt(at + Integer.BYTES);
            int data = at + 2 * Integer.BYTES;
            if (type == Qcow2Header.EXTENSION_END) {
                return;
            }
            if (length < 0 || length > end - data) {
                throw wrong(
                        String.format(
                                "header extension 0x%08x claims %s bytes and leaves the header",
                                type, Integer.toUnsignedString(length)),
                        at);
            }
            readExtension(type, data, length);
            at = (int) Entries.alignUp((long) data + length, 8);
        }
    }

    private void readExtension(int type, int at, int length) throws ImageException {
        if (type == Qcow2Header.EXTENSION_BACKING_FORMAT) {
            if (length > MAX_FORMAT_BYTES) {
                throw wrong("the backing file's format has " + length + " bytes, not at most 15", at);
            }
            backingFormat = text(at, length, "the backing file's format");
        } else if (type == Qcow2Header.EXTENSION_FEATURE_NAMES) {
            featureNames = header.slice(at, length);
        } else if (type == Qcow2Header.EXTENSION_BITMAPS) {
            bitmaps = true;
        }
    }

    private @Nullable BackingFile backing() throws ImageException {
        long offset = header.getLong(8);
        int length = header.getInt(16);
        if (offset == 0) {
            return null;
        }
        if (length <= 0 || length > BackingFile.MAX_NAME_BYTES) {
            throw wrong(
                    "backing_file_size is " + Integer.toUnsignedString(length) + ", not 1 to "
                            + BackingFile.MAX_NAME_BYTES,
                    16);
        }
        if (offset < 0 || offset > header.limit() - length) {
            throw wrong("backing_file_offset is " + Long.toUnsignedString(offset) + ", outside the header", 8);
        }
        return new BackingFile(text((int) offset, length, "the backing file's name"), backingFormat);
    }

    private String text(int at, int length, String what) throws ImageException {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(header.slice(at, length))
                    .toString();
            if (text.indexOf('\0') < 0) {
                return text;
            }
            throw wrong(what + " has a NUL character", at);
        } catch (CharacterCodingException e) {
            throw new ImageException(file.path(), what + " is not UTF-8", at, e);
        }
    }

    private ImageException wrong(String text, long at) {
        return new ImageException(file.path(), text, at);
    }
}
