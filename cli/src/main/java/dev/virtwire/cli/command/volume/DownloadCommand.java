// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.volume;

import dev.virtwire.cli.output.CommandException;
import dev.virtwire.client.storage.StorageVolume;
import dev.virtwire.client.storage.VolumeFiles;
import dev.virtwire.protocol.remote.StorageVolDownloadFlags;
import dev.virtwire.protocol.remote.StorageVolInfoFlags;
import dev.virtwire.protocol.stream.ReadableStream;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Set;
import java.util.function.LongConsumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code virtwire download}: a volume's content into a file. */
@Command(
        name = "download",
        description =
                "Write the content of a storage volume of the host to a new file. It gets its name when all of it is"
                        + " on disk. After a failure nothing is left.",
        sortOptions = false)
public final class DownloadCommand extends TransferCommand<ReadableStream> {
    @Option(names = "--sparse", description = "Make holes in the file of what the volume has not allocated.")
    private boolean sparse;

    @Override
    ReadableStream open(StorageVolume volume) {
        return await(
                sparse
                        ? volume.openDownload(offset(), length(), StorageVolDownloadFlags.SPARSE_STREAM)
                        : volume.openDownload(offset(), length()));
    }

    @Override
    long total(StorageVolume volume) {
        if (Files.exists(file())) {
            throw CommandException.failed("file " + file() + " exists already: choose another name", null);
        }
        return length() > 0
                ? length()
                : await(volume.info(Set.of(StorageVolInfoFlags.GET_PHYSICAL))).allocation() - offset();
    }

    @Override
    long move(ReadableStream stream, LongConsumer progress) throws IOException {
        return VolumeFiles.receive(stream, file(), progress);
    }

    @Override
    String task() {
        return "download";
    }

    @Override
    String remains() {
        return "nothing of it is left";
    }
}
