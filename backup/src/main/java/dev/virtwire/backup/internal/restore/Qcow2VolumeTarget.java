// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import static dev.virtwire.backup.internal.restore.HostDefinition.await;

import dev.virtwire.client.storage.StorageVolume;
import dev.virtwire.image.Qcow2Stream;
import dev.virtwire.protocol.stream.WritableStream;
import dev.virtwire.repository.internal.disk.TargetDisk;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A qcow2 image in a volume of files, by two upload streams: data and tables first, then the front with the header. A
 * stream has an order: one thread, and offsets that grow.
 */
final class Qcow2VolumeTarget implements TargetDisk {
    private final StorageVolume volume;
    private final WritableStream stream;
    private final Qcow2Stream image;

    private Qcow2VolumeTarget(StorageVolume volume, WritableStream stream, Qcow2Stream image) {
        this.volume = volume;
        this.stream = stream;
        this.image = image;
    }

    /** Of a disk of {@code size} bytes. */
    static Qcow2VolumeTarget open(StorageVolume volume, long size) {
        WritableStream stream = await(volume.openUpload(lengthWithoutData(size), 0));
        return new Qcow2VolumeTarget(volume, stream, new Qcow2Stream(size, bytes -> await(stream.write(bytes))));
    }

    /** How long the file is before any data is there. */
    static long lengthWithoutData(long size) {
        return new Qcow2Stream(size, bytes -> {}).front();
    }

    @Override
    public int grain() {
        return image.clusterSize();
    }

    @Override
    public void write(long offset, ByteBuffer data) throws IOException {
        image.write(offset, data);
    }

    /** Waits until the host has confirmed every byte. */
    @Override
    public void finish() throws IOException {
        ByteBuffer front = image.finish();
        await(stream.finish());
        WritableStream last = await(volume.openUpload(0, front.remaining()));
        try {
            await(last.write(front));
            await(last.finish());
        } finally {
            await(last.abort());
        }
    }

    @Override
    public void close() {
        await(stream.abort());
    }
}
