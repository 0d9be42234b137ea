// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.protocol.error.ErrorCode;

/**
 * The host or its pool has no such volume. A pool that was not refreshed may not know it yet. libvirt's code is {@link
 * ErrorCode#NO_STORAGE_VOL}.
 *
 * @since 0.1
 */
public final class NoSuchVolumeException extends NotFoundException {
    private static final long serialVersionUID = 1L;

    NoSuchVolumeException(String host, String procedure, int serial, Details details) {
        super(host, procedure, serial, details);
    }
}
