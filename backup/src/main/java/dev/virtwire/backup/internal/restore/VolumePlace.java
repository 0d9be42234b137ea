// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import static dev.virtwire.backup.internal.restore.HostDefinition.await;

import dev.virtwire.backup.BackupException;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.storage.StorageVolume;
import dev.virtwire.client.storage.StorageVolumeInfo;
import dev.virtwire.client.xml.XmlElement;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.StorageVolType;
import dev.virtwire.repository.ImageFormat;
import dev.virtwire.repository.internal.disk.TargetDisk;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.restore.BlockDevice;
import dev.virtwire.repository.internal.restore.PlacedRestore.Device;
import dev.virtwire.repository.internal.restore.PlacedRestore.Overwritten;
import dev.virtwire.repository.internal.restore.PlacedRestore.Place;
import dev.virtwire.repository.internal.restore.PlacedRestore.Replaced;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A volume that is there already, and is overwritten by an upload stream.
 *
 * @param volume the volume
 * @param path its path on the host
 * @param isDevice whether it is a device of the host, and no file
 * @param room its size in bytes
 * @param here what that path is on this machine, if the host is this machine and there is something
 */
record VolumePlace(
        StorageVolume volume,
        String path,
        boolean isDevice,
        long room,
        @Nullable Place here) implements Overwritten {
    private static final Logger LOG = LoggerFactory.getLogger(VolumePlace.class);

    /**
     * The volume of that name.
     *
     * @param name {@code POOL/VOLUME}
     * @throws BackupException if there is no such volume, or more than a disk's bytes is in it
     */
    static VolumePlace of(Libvirt libvirt, String name) {
        String where = libvirt.uri().where();
        StorageVolume volume = find(libvirt, name);
        if (volume == null) {
            throw new BackupException("there is no volume " + name + " on " + where);
        }
        StorageVolumeInfo info = await(volume.info());
        StorageVolType type = info.type().orElse(null);
        if (type != StorageVolType.BLOCK && type != StorageVolType.FILE) {
            throw new BackupException("volume " + name + " on " + where + " is neither a file nor a device");
        }
        String format = XmlElement.parse("volume XML", "volume", await(volume.xml()))
                .child("target", "format")
                .map(it -> it.attribute("type"))
                .orElse("raw");
        if (type == StorageVolType.FILE && !format.equals("raw")) {
            throw new BackupException("volume " + name + " on " + where + " is an image of format " + format
                    + ", and only raw ones are overwritten: restore to a new one, into the pool");
        }
        String path = await(volume.path());
        return new VolumePlace(
                volume,
                path,
                type == StorageVolType.BLOCK,
                info.capacity(),
                libvirt.uri().transport() == LibvirtUri.Transport.UNIX ? here(Path.of(path)) : null);
    }

    /**
     * The volume of that name, or null if the host has none.
     *
     * @param name {@code POOL/VOLUME}
     */
    static @Nullable StorageVolume find(Libvirt libvirt, String name) {
        int slash = name.indexOf('/');
        if (slash < 0) {
            return null;
        }
        try {
            return await(await(libvirt.storage().pool(name.substring(0, slash))).volume(name.substring(slash + 1)));
        } catch (RemoteException e) {
            if (e.is(ErrorCode.NO_STORAGE_POOL) || e.is(ErrorCode.NO_STORAGE_VOL)) {
                LOG.debug("there is no volume {} on {}", name, libvirt.uri().where(), e);
                return null;
            }
            throw e;
        }
    }

    /** What others of this machine than libvirt's domains may use as well. */
    private static @Nullable Place here(Path path) {
        try {
            if (!Files.exists(path)) {
                return null;
            }
            if (BlockDevice.numberOf(path) != null) {
                return new Device(BlockDevice.of(path));
            }
        } catch (IOException e) {
            throw Problems.with("read", path, e);
        }
        return Files.isRegularFile(path) ? new Replaced(path, ImageFormat.RAW) : null;
    }

    @Override
    public String name() {
        return "volume " + volume + " on " + volume.libvirt().uri().where();
    }

    @Override
    public void requireUnused() {
        new HostDomains(volume.libvirt()).refuse(List.of(this));
        if (here != null) {
            here.requireUnused();
        }
    }

    @Override
    public TargetDisk open(long size) {
        // What is skipped in a stream with holes stays what it was: zeros are sent.
        return new VolumeTarget(await(volume.openUpload(0, size)), size, false);
    }
}
