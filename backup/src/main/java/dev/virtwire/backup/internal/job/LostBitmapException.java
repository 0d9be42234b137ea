// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.backup.BackupException;
import dev.virtwire.client.RemoteException;
import java.util.Map;

/** An increment that libvirt did not begin, because bitmaps are missing or broken. */
final class LostBitmapException extends BackupException {
    private static final long serialVersionUID = 1;

    private final transient Map<String, String> disks;

    LostBitmapException(Map<String, String> disks, RemoteException reason) {
        super(String.valueOf(reason.getMessage()), reason);
        this.disks = Map.copyOf(disks);
    }

    /** Of these disks, for a reason that is a sentence. */
    LostBitmapException(Map<String, String> disks, String reason) {
        super(reason, null);
        this.disks = Map.copyOf(disks);
    }

    /** By target, what is wrong with a disk's bitmap. */
    Map<String, String> disks() {
        return disks;
    }
}
