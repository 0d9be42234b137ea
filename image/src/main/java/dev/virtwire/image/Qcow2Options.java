// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import org.jspecify.annotations.Nullable;

/**
 * What a new qcow2 image is to be.
 *
 * @param virtualSize the disk's size in bytes: a multiple of 512, because QEMU would silently drop the rest; 0 is
 *     allowed
 * @param clusterSize in bytes, a power of two from 4 KiB to 2 MiB
 * @param backing the file beneath, with its format; null for a full image
 * @param compression how data is compressed; clusters that would not shrink stay as they are
 * @since 0.1
 */
public record Qcow2Options(
        long virtualSize, int clusterSize, @Nullable BackingFile backing, Compression compression) {
    /** The cluster size that QEMU also takes unless told otherwise: 64 KiB. */
    public static final int DEFAULT_CLUSTER_SIZE = 64 << 10;

    private static final int SECTOR = 512;
    private static final int MIN_CLUSTER_SIZE = 4 << 10;
    private static final int MAX_CLUSTER_SIZE = 2 << 20;
    /** QEMU refuses a larger first-level table, in bytes. */
    private static final long MAX_L1_BYTES = 32 << 20;

    /** Refuses what QEMU would not open or would read differently. */
    public Qcow2Options {
        if (Integer.bitCount(clusterSize) != 1 || clusterSize < MIN_CLUSTER_SIZE || clusterSize > MAX_CLUSTER_SIZE) {
            throw new IllegalArgumentException(
                    "cluster size " + clusterSize + " is not a power of two from 4096 to 2097152");
        }
        if (virtualSize < 0 || virtualSize % SECTOR != 0) {
            throw new IllegalArgumentException("image size " + virtualSize + " is not a multiple of 512");
        }
        long perL1Entry = (long) clusterSize * (clusterSize / Long.BYTES);
        long largest = MAX_L1_BYTES / Long.BYTES * perL1Entry;
        if (largest > 0 && virtualSize > largest) {
            throw new IllegalArgumentException("image size " + virtualSize + " exceeds the " + largest
                    + " bytes that clusters of " + clusterSize + " can address: use larger clusters");
        }
        if (backing != null) {
            if (backing.format() == null) {
                throw new IllegalArgumentException("the format of backing file " + backing.name() + " is not given");
            }
            if (backing.namesAProtocol()) {
                throw new IllegalArgumentException("QEMU would take the backing file name " + backing.name()
                        + " for a protocol: put ./ in front of it");
            }
        }
    }

    /** A full image of the given size with clusters of the default size. */
    public static Qcow2Options ofSize(long virtualSize) {
        return new Qcow2Options(virtualSize, DEFAULT_CLUSTER_SIZE, null, Compression.NONE);
    }

    /** The same with clusters of another size, in bytes. */
    public Qcow2Options withClusterSize(int newClusterSize) {
        return new Qcow2Options(virtualSize, newClusterSize, backing, compression);
    }

    /**
     * The same on top of another image.
     *
     * @param name a path, relative to the new image's folder unless absolute
     * @param format {@code qcow2} or {@code raw}
     */
    public Qcow2Options withBacking(String name, String format) {
        return new Qcow2Options(virtualSize, clusterSize, new BackingFile(name, format), compression);
    }

    /** The same with compressed clusters. */
    public Qcow2Options withCompression(Compression newCompression) {
        return new Qcow2Options(virtualSize, clusterSize, backing, newCompression);
    }
}
