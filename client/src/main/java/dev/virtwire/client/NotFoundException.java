// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.protocol.error.ErrorCode;

/**
 * The host does not have what the call names. For what people look for most there is a subclass; a job, a device of a
 * domain, an interface, a filter or a metadata element that is missing has this class. libvirt's codes are {@link
 * ErrorCode#NO_DOMAIN_BACKUP}, {@link ErrorCode#NO_DOMAIN_METADATA}, {@link ErrorCode#NO_NETWORK_METADATA}, {@link
 * ErrorCode#NO_NETWORK_PORT}, {@link ErrorCode#NO_INTERFACE}, {@link ErrorCode#NO_NWFILTER}, {@link
 * ErrorCode#NO_NWFILTER_BINDING}, {@link ErrorCode#DEVICE_MISSING}, {@link ErrorCode#NO_CLIENT}, {@link
 * ErrorCode#NO_SERVER}.
 *
 * @since 0.1
 */
public sealed class NotFoundException extends RemoteException
        permits NoSuchDomainException,
                NoSuchNetworkException,
                NoSuchStoragePoolException,
                NoSuchVolumeException,
                NoSuchSnapshotException,
                NoSuchCheckpointException,
                NoSuchSecretException,
                NoSuchNodeDeviceException {
    private static final long serialVersionUID = 1L;

    NotFoundException(String host, String procedure, int serial, Details details) {
        super(host, procedure, serial, details);
    }
}
