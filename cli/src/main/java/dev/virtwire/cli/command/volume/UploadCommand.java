// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.volume;

import dev.virtwire.client.storage.StorageVolume;
import dev.virtwire.client.storage.VolumeFiles;
import dev.virtwire.protocol.remote.StorageVolUploadFlags;
import dev.virtwire.protocol.stream.WritableStream;
import java.io.IOException;
import java.nio.file.Files;
import java.util.function.LongConsumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code virtwire upload}: a file's content into a volume. */
@Command(
        name = "upload",
        description = "Write a file's content to an existing storage volume of the host.",
        sortOptions = false)
public final class UploadCommand extends TransferCommand<WritableStream> {
    @Option(
            names = "--sparse",
            description = "Send no zeros. The volume keeps what it has in their place, so use a fresh one.")
    private boolean sparse;

    @Override
    WritableStream open(StorageVolume volume) {
        return await(
                sparse
                        ? volume.openUpload(offset(), length(), StorageVolUploadFlags.SPARSE_STREAM)
                        : volume.openUpload(offset(), length()));
    }

    @Override
    long total(StorageVolume volume) throws IOException {
        long size = Files.size(file());
        return length() == 0 ? size : length();
    }

    @Override
    long move(WritableStream stream, LongConsumer progress) throws IOException {
        return VolumeFiles.send(file(), length(), sparse, stream, progress);
    }

    @Override
    String task() {
        return "upload";
    }

    @Override
    String remains() {
        return "the volume has a part of the file";
    }
}
