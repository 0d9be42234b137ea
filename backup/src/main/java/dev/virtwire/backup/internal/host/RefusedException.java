// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import dev.virtwire.backup.BackupException;
import dev.virtwire.client.RemoteException;
import org.jspecify.annotations.Nullable;

/** A backup that libvirt did not begin, or was not even asked to. */
public class RefusedException extends BackupException {
    private static final long serialVersionUID = 1;

    private final boolean busy;

    public RefusedException(RemoteException reason) {
        this(String.valueOf(reason.getMessage()), reason);
    }

    public RefusedException(String message, @Nullable Throwable cause) {
        this(message, cause, false);
    }

    /** {@code busy} if another job is in the way, or another program that has the disks open. */
    public RefusedException(String message, @Nullable Throwable cause, boolean busy) {
        super(message, cause);
        this.busy = busy;
    }

    /** Whether a later try may succeed, because another job or program is in the way. */
    public boolean isBusy() {
        return busy;
    }
}
