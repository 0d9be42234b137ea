// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.backup;

import org.jspecify.annotations.Nullable;

/**
 * One disk of a backup ({@code <disk>}). Immutable; start from {@link #of} or {@link #excluded}.
 *
 * @param name the disk's target in the domain, such as {@code vda}
 * @param included whether it is backed up
 * @param storage push mode's target or pull mode's scratch; null if libvirt is to choose
 * @param format the format of that storage ({@code <driver type>}); null for qcow2
 * @param scope whether the whole disk or a change since a checkpoint is wanted; null for what the backup says
 * @param incremental the checkpoint since which changes count for this disk; null for the backup's
 * @param exportName pull mode's NBD export; null for the disk's name
 * @param exportBitmap pull mode's NBD dirty bitmap; null for {@code backup-} and the disk's name
 * @param index libvirt's handle of the storage, in what it reports; names it in block threshold events
 * @since 0.1
 */
public record BackupDisk(
        String name,
        boolean included,
        @Nullable BackupStorage storage,
        @Nullable String format,
        @Nullable Scope scope,
        @Nullable String incremental,
        @Nullable String exportName,
        @Nullable String exportBitmap,
        @Nullable Integer index) {
    /**
     * How much of a disk is wanted.
     *
     * @since 0.1
     */
    public enum Scope {
        /** All of it. */
        FULL,
        /** What changed since a checkpoint. */
        INCREMENTAL
    }

    /**
     * A disk with libvirt's choices for the rest. In a pull, libvirt 9.0 has no such choice for a disk that is named:
     * give it a scratch file by {@link #on}, or name no disk at all.
     */
    public static BackupDisk of(String name) {
        return new BackupDisk(name, true, null, null, null, null, null, null, null);
    }

    /** A disk that is left out. */
    public static BackupDisk excluded(String name) {
        return new BackupDisk(name, false, null, null, null, null, null, null, null);
    }

    /** The same with this target (push) or scratch (pull). */
    public BackupDisk on(BackupStorage to) {
        return new BackupDisk(name, included, to, format, scope, incremental, exportName, exportBitmap, index);
    }

    /** The same with its storage in this format. */
    public BackupDisk inFormat(String type) {
        return new BackupDisk(name, included, storage, type, scope, incremental, exportName, exportBitmap, index);
    }

    /** The same, as a whole. */
    public BackupDisk full() {
        return new BackupDisk(name, included, storage, format, Scope.FULL, null, exportName, exportBitmap, index);
    }

    /** The same, as the changes since a checkpoint. */
    public BackupDisk since(String checkpoint) {
        return new BackupDisk(
                name, included, storage, format, Scope.INCREMENTAL, checkpoint, exportName, exportBitmap, index);
    }

    /** The same under this NBD export. */
    public BackupDisk exportedAs(String export) {
        return new BackupDisk(name, included, storage, format, scope, incremental, export, exportBitmap, index);
    }

    /** The same with its dirty bitmap under this name. */
    public BackupDisk withBitmap(String bitmap) {
        return new BackupDisk(name, included, storage, format, scope, incremental, exportName, bitmap, index);
    }

    /** The NBD export that a pull backup serves this disk under. */
    public String effectiveExportName() {
        return exportName == null ? name : exportName;
    }

    /** The NBD dirty bitmap that an incremental pull backup serves for this disk. */
    public String effectiveExportBitmap() {
        return exportBitmap == null ? "backup-" + name : exportBitmap;
    }
}
