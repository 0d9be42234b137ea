// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.backup.BackupException;
import dev.virtwire.client.RemoteException;
import org.jspecify.annotations.Nullable;

/** A backup that libvirt did not begin, or was not even asked to. */
class RefusedException extends BackupException {
    private static final long serialVersionUID = 1;

    RefusedException(RemoteException reason) {
        this(String.valueOf(reason.getMessage()), reason);
    }

    RefusedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
