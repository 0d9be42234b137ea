// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.copy;

import dev.virtwire.repository.internal.digest.BlockTree;
import dev.virtwire.repository.internal.format.DurableFiles;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Says of each block that was copied where its data lies in the unfinished image, so that a later run can resume the
 * copy. It is a hint and no proof: nothing of it is synced, and whoever believes it reads the data and compares it with
 * the digest in it. What a crash tore off, and all behind that, is cut when the log is opened again.
 *
 * <p>Entries are added by any thread, and looked up by one. Resuming takes 8 bytes of memory for each block.
 */
final class CopyLog implements Closeable {
    /**
     * Data of a block.
     *
     * @param at where it begins in the block, in bytes
     * @param length in bytes
     * @param hostOffset where it lies in the image's file, or {@link #ZEROES} where the image says that it is zeros
     */
    record Piece(int at, int length, long hostOffset) {
        /** In place of an offset: zeros that hide a parent's data. */
        static final long ZEROES = -1;

        boolean isZero() {
            return hostOffset == ZEROES;
        }
    }

    /** A block that was copied. */
    static final class Entry {
        private final long block;
        private final byte[] digest;
        private final byte[] check;
        private final List<Piece> pieces;

        /**
         * Block {@code block} of the disk, whose leaf is {@code digest}.
         *
         * @param check the SHA-256 of the data of all pieces, one after the other; of a whole block its leaf
         * @param pieces what was written of it, in order
         */
        Entry(long block, byte[] digest, byte[] check, List<Piece> pieces) {
            this.block = block;
            this.digest = digest;
            this.check = check;
            this.pieces = pieces;
        }

        byte[] digest() {
            return digest;
        }

        byte[] check() {
            return check;
        }

        List<Piece> pieces() {
            return pieces;
        }
    }

    private static final long MAGIC = 0x5657434f50494544L;
    private static final int VERSION = 1;
    private static final int HEADER = 24;
    private static final int FRAME = 8;
    private static final int FIXED = Long.BYTES + 2 * BlockTree.DIGEST;
    private static final int PIECE = 2 * Integer.BYTES + Long.BYTES;
    /** All lengths are multiples of 8; the index holds the block's number above an offset in that unit. */
    private static final int UNIT = 8;

    private static final int OFFSET_BITS = 36;
    private static final int READ_AT_ONCE = 256 << 10;

    private final FileChannel channel;
    private final long diskSize;
    private final int clusterSize;
    private final int longest;
    private final ByteBuffer out;
    private long end;
    private long[] index = new long[0];
    private int known;

    private CopyLog(FileChannel channel, long diskSize, int clusterSize) {
        this.channel = channel;
        this.diskSize = diskSize;
        this.clusterSize = clusterSize;
        this.longest = FIXED + BlockTree.BLOCK / clusterSize * PIECE;
        this.out = ByteBuffer.allocate(FRAME + longest);
    }

    /** Continues the log in a file, of which nothing may be left; without one it begins. */
    static CopyLog open(Path file, long diskSize, int clusterSize) throws IOException {
        FileChannel channel = FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
                DurableFiles.privateFile(file));
        try {
            CopyLog log = new CopyLog(channel, diskSize, clusterSize);
            if (!log.load()) {
                log.begin();
            }
            return log;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private ByteBuffer header() {
        return ByteBuffer.allocate(HEADER)
                .putLong(MAGIC)
                .putInt(VERSION)
                .putInt(clusterSize)
                .putLong(diskSize)
                .flip();
    }

    private void begin() throws IOException {
        channel.truncate(0);
        write(header());
    }

    /** Reads what is there and cuts what is not whole; false if it is not a log of such a disk. */
    private boolean load() throws IOException {
        ByteBuffer in = ByteBuffer.allocate(READ_AT_ONCE).limit(0);
        long position = 0;
        while (true) {
            in.compact();
            boolean more = true;
            while (more && in.hasRemaining()) {
                more = channel.read(in, position + in.position()) >= 0;
            }
            in.flip();
            int begin = in.position();
            if (position == 0) {
                if (in.remaining() < HEADER || !in.slice(0, HEADER).equals(header())) {
                    return false;
                }
                in.position(HEADER);
                end = HEADER;
            }
            Entry entry = next(in);
            while (entry != null) {
                note(entry.block);
                end += FRAME + length(entry);
                entry = next(in);
            }
            position += in.position() - begin;
            if (!more || in.position() == begin) {
                break;
            }
        }
        if (channel.size() > end) {
            channel.truncate(end);
        }
        index = Arrays.copyOf(index, known);
        Arrays.sort(index);
        return true;
    }

    private void note(long block) {
        if (known == index.length) {
            index = Arrays.copyOf(index, Math.max(1024, known * 2));
        }
        index[known++] = block << OFFSET_BITS | end / UNIT;
    }

    /**
     * The entry at the buffer's position, which then is behind it; null, and the position stays, if there is no whole
     * entry.
     */
    private @Nullable Entry next(ByteBuffer in) {
        if (in.remaining() < FRAME) {
            return null;
        }
        int begin = in.position();
        int length = in.getInt(begin);
        if (length < FIXED || length > longest || (length - FIXED) % PIECE != 0 || in.remaining() < FRAME + length) {
            return null;
        }
        ByteBuffer body = in.slice(begin + FRAME, length);
        CRC32C crc = new CRC32C();
        crc.update(body.duplicate());
        if ((int) crc.getValue() != in.getInt(begin + Integer.BYTES)) {
            return null;
        }
        long block = body.getLong();
        byte[] digest = new byte[BlockTree.DIGEST];
        byte[] check = new byte[BlockTree.DIGEST];
        body.get(digest).get(check);
        List<Piece> pieces = new ArrayList<>();
        while (body.hasRemaining()) {
            pieces.add(new Piece(body.getInt(), body.getInt(), body.getLong()));
        }
        Entry entry = new Entry(block, digest, check, pieces);
        if (!makesSense(entry)) {
            return null;
        }
        in.position(begin + FRAME + length);
        return entry;
    }

    private boolean makesSense(Entry entry) {
        if (entry.block < 0 || entry.block >= BlockTree.blocks(diskSize)) {
            return false;
        }
        int length = BlockTree.blockLength(entry.block, diskSize);
        int at = 0;
        for (Piece piece : entry.pieces()) {
            int after = piece.at() + piece.length();
            if (piece.at() < at
                    || piece.length() <= 0
                    || after > length
                    || piece.at() % clusterSize != 0
                    || (after % clusterSize != 0 && after != length)) {
                return false;
            }
            at = after;
        }
        return true;
    }

    private static int length(Entry entry) {
        return FIXED + entry.pieces().size() * PIECE;
    }

    /** What the log said of a block when it was opened; the latest, if the block was copied twice. */
    @Nullable
    Entry find(long block) throws IOException {
        int at = Arrays.binarySearch(index, (block + 1) << OFFSET_BITS);
        int last = (at < 0 ? -at - 1 : at) - 1;
        if (last < 0 || index[last] >>> OFFSET_BITS != block) {
            return null;
        }
        long offset = (index[last] & ((1L << OFFSET_BITS) - 1)) * UNIT;
        ByteBuffer in = ByteBuffer.allocate(FRAME + longest);
        while (in.hasRemaining() && channel.read(in, offset + in.position()) >= 0) {
            // until it is full, or the file ends
        }
        Entry entry = next(in.flip());
        // The index has too few bits for the numbers of a huge disk's blocks, and then finds another one.
        return entry != null && entry.block == block ? entry : null;
    }

    /** A block was copied: its data is written. */
    synchronized void add(Entry entry) throws IOException {
        out.clear().position(FRAME);
        out.putLong(entry.block).put(entry.digest()).put(entry.check());
        for (Piece piece : entry.pieces()) {
            out.putInt(piece.at()).putInt(piece.length()).putLong(piece.hostOffset());
        }
        out.flip();
        CRC32C crc = new CRC32C();
        crc.update(out.slice(FRAME, out.limit() - FRAME));
        out.putInt(0, out.limit() - FRAME).putInt(Integer.BYTES, (int) crc.getValue());
        write(out);
    }

    private void write(ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            end += channel.write(buffer, end);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
