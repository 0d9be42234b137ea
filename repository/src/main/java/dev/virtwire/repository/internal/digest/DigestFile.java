// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.digest;

import dev.virtwire.image.internal.files.ReadFile;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.internal.format.Sha256;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;

/** A digest file, open for reading. Sizes in it are checked against the file's before anything depends on them. */
public final class DigestFile implements Closeable {
    private final ReadFile channel;
    private final Path file;
    private final long guestSize;
    private final long imageSize;
    private final long fileSectionAt;
    private final long trailerAt;
    private final byte[] contentRoot = new byte[BlockTree.DIGEST];
    private final byte[] fileRoot = new byte[BlockTree.DIGEST];

    private DigestFile(ReadFile channel, Path file) throws IOException {
        this.channel = channel;
        this.file = file;
        long size = channel.size();
        if (size < DigestFormat.HEADER + DigestFormat.TRAILER) {
            throw new DamagedException(Finding.of(file, "is " + size + " bytes long, too short for a digest file"));
        }
        ByteBuffer header = read(0, DigestFormat.HEADER);
        expect(Arrays.equals(magic(header), DigestFormat.HEADER_MAGIC), 0, 8, "not the beginning of a digest file");
        int version = header.getInt();
        expect(version == DigestFormat.VERSION, 8, 4, "unknown version " + version);
        int block = header.getInt();
        expect(block == BlockTree.BLOCK, 12, 4, "unknown block size " + block);
        guestSize = header.getLong();
        expect(guestSize >= 0, 16, 8, "a negative disk size");

        trailerAt = size - DigestFormat.TRAILER;
        ByteBuffer trailer = read(trailerAt, DigestFormat.TRAILER);
        long contentLength = trailer.getLong();
        long fileLength = trailer.getLong();
        imageSize = trailer.getLong();
        long sections = trailerAt - DigestFormat.HEADER;
        expect(
                contentLength >= 0 && contentLength <= sections && fileLength == sections - contentLength,
                trailerAt,
                16,
                "its sections do not fill the file");
        expect(imageSize >= 0, trailerAt + 16, 8, "a negative image size");
        trailer.get(contentRoot).get(fileRoot);
        expect(Arrays.equals(magic(trailer), DigestFormat.TRAILER_MAGIC), size - 8, 8, "not the end of a digest file");
        fileSectionAt = DigestFormat.HEADER + contentLength;
    }

    /**
     * Opens a digest file and reads its header and trailer.
     *
     * @throws DamagedException if they make no sense
     */
    public static DigestFile open(Path file) throws IOException {
        ReadFile channel = ReadFile.open(file);
        try {
            return new DigestFile(channel, file);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private ByteBuffer read(long at, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, at + buffer.position()) < 0) {
                throw new DamagedException(new Finding(file, at, length, "the file ends inside it"));
            }
        }
        return buffer.flip();
    }

    private static byte[] magic(ByteBuffer buffer) {
        byte[] magic = new byte[8];
        buffer.get(magic);
        return magic;
    }

    private void expect(boolean condition, long at, long length, String message) {
        if (!condition) {
            throw new DamagedException(new Finding(file, at, length, message));
        }
    }

    /** The disk's size in bytes, as the guest sees it. */
    public long guestSize() {
        return guestSize;
    }

    /** The image file's size in bytes. */
    public long imageSize() {
        return imageSize;
    }

    /** The root over the disk's content, in hexadecimal. */
    public String contentRoot() {
        return Sha256.hex(contentRoot);
    }

    /** The root over the image file's blocks, in hexadecimal. */
    public String fileRoot() {
        return Sha256.hex(fileRoot);
    }

    /** The disk's leaves; some may be inherited, see {@link ChainLeaves}. Several may be open at once. */
    public Leaves content() {
        return contentRuns();
    }

    private RunLeaves contentRuns() {
        return new RunLeaves(channel, file, DigestFormat.HEADER, fileSectionAt, BlockTree.blocks(guestSize), true);
    }

    /** The image file's leaves. Several may be open at once. */
    public Leaves blocks() {
        return fileRuns();
    }

    private RunLeaves fileRuns() {
        return new RunLeaves(channel, file, fileSectionAt, trailerAt, BlockTree.blocks(imageSize), false);
    }

    /** The image file's leaves in any order. */
    public BlockLookup lookup() throws IOException {
        return new BlockLookup(fileRuns(), fileSectionAt);
    }

    /**
     * Reads every run, and computes both roots from the leaves.
     *
     * @param content the disk's leaves with the parents' where it inherits
     * @throws DamagedException if a run makes no sense or a root is not the one in the trailer
     */
    public void check(Leaves content) throws IOException {
        contentRuns().finish();
        expect(
                Arrays.equals(root(content), contentRoot),
                trailerAt + 24,
                BlockTree.DIGEST,
                "the root of the disk's content is not that of its leaves");
        checkFile();
    }

    /**
     * The same without the root of the disk's content, which needs the leaves of all that the disk builds on.
     *
     * @throws DamagedException if a run makes no sense, or the root of the file's blocks is not the one in the trailer
     */
    public void checkRuns() throws IOException {
        contentRuns().finish();
        checkFile();
    }

    private void checkFile() throws IOException {
        fileRuns().finish();
        expect(
                Arrays.equals(root(blocks()), fileRoot),
                trailerAt + 24 + BlockTree.DIGEST,
                BlockTree.DIGEST,
                "the root of the file's blocks is not that of its leaves");
    }

    /** Whether the runs of the disk's leaves make sense, so that they can be walked over. */
    public boolean hasReadableContent() throws IOException {
        try {
            contentRuns().finish();
            return true;
        } catch (DamagedException e) {
            return false;
        }
    }

    /** Whether the runs of the image file's leaves make sense, and have the root that a manifest names. */
    public boolean provesFile(String expectedRoot) throws IOException {
        try {
            fileRuns().finish();
            return Sha256.hex(root(blocks())).equals(expectedRoot);
        } catch (DamagedException e) {
            return false;
        }
    }

    /** The root over leaves of which none is inherited, in hexadecimal. */
    public static String rootOf(Leaves leaves) throws IOException {
        return Sha256.hex(root(leaves));
    }

    private static byte[] root(Leaves leaves) throws IOException {
        BlockTree.Hasher hasher = new BlockTree.Hasher(leaves.count());
        byte[] digest = new byte[BlockTree.DIGEST];
        for (long i = 0; i < leaves.count(); ) {
            leaves.seek(i);
            if (leaves.kind() == LeafKind.ZERO) {
                hasher.zeros(leaves.end() - i);
                i = leaves.end();
            } else {
                leaves.digest(digest);
                hasher.leaf(digest);
                i++;
            }
        }
        return hasher.root();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
