// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import dev.virtwire.backup.BackupException;
import dev.virtwire.client.RemoteException;
import org.jspecify.annotations.Nullable;

/** A backup that libvirt did not begin, or was not even asked to. */
public class RefusedException extends BackupException {
    private static final long serialVersionUID = 1;

    public RefusedException(RemoteException reason) {
        this(String.valueOf(reason.getMessage()), reason);
    }

    public RefusedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
