// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.backup.BackupException;
import dev.virtwire.client.RemoteException;

/** A backup that libvirt did not begin. */
final class RefusedException extends BackupException {
    private static final long serialVersionUID = 1;

    RefusedException(RemoteException reason) {
        super(String.valueOf(reason.getMessage()), reason);
    }
}
