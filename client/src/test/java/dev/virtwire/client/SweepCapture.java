// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.testkit.FaultyProxy;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What passed through a proxy on one connection: as frames, and as a capture file of the connection that it would have
 * been over TCP, for Wireshark.
 */
final class SweepCapture {
    /** The port by which Wireshark knows libvirt. */
    private static final int LIBVIRT_PORT = 16509;

    private static final int CLIENT_PORT = 40000;

    /** As much as an IP packet holds, with its headers. */
    private static final int MOST_BYTES = 60_000;

    private static final int IP_HEADER = 20;
    private static final int TCP_HEADER = 20;

    private record Piece(boolean toServer, byte[] bytes, long nanos) {}

    private final List<Piece> pieces = new ArrayList<>();

    /** Records all that passes from now on; of one connection alone. */
    SweepCapture(FaultyProxy proxy) {
        proxy.toServer().watch(piece -> add(true, piece));
        proxy.toClient().watch(piece -> add(false, piece));
    }

    private synchronized void add(boolean toServer, byte[] bytes) {
        pieces.add(new Piece(toServer, bytes, System.nanoTime()));
    }

    /** The frames of one direction, each with its length word. */
    synchronized List<byte[]> frames(boolean toServer) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        pieces.stream().filter(piece -> piece.toServer() == toServer).forEach(piece -> all.writeBytes(piece.bytes()));
        ByteBuffer stream = ByteBuffer.wrap(all.toByteArray());
        List<byte[]> frames = new ArrayList<>();
        while (stream.remaining() >= 4 && stream.getInt(stream.position()) <= stream.remaining()) {
            byte[] frame = new byte[stream.getInt(stream.position())];
            stream.get(frame);
            frames.add(frame);
        }
        return frames;
    }

    /** Writes the file: packets of IPv4 and TCP without checksums, whose numbers are right. */
    synchronized void write(Path file) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        // The head of a capture file: magic number, version 2.4, time zone, accuracy, longest packet, raw IP.
        out.writeBytes(ByteBuffer.allocate(24)
                .putInt(0xa1b2_c3d4)
                .putShort((short) 2)
                .putShort((short) 4)
                .putInt(0)
                .putInt(0)
                .putInt(1 << 18)
                .putInt(101)
                .array());
        int[] next = {1, 1};
        for (Piece piece : pieces) {
            for (int from = 0; from < piece.bytes().length; from += MOST_BYTES) {
                int length = Math.min(MOST_BYTES, piece.bytes().length - from);
                out.writeBytes(packet(piece, from, length, next));
                next[piece.toServer() ? 0 : 1] += length;
            }
        }
        Files.createDirectories(file.getParent());
        Files.write(file, out.toByteArray());
    }

    private byte[] packet(Piece piece, int from, int length, int[] next) {
        int bytes = IP_HEADER + TCP_HEADER + length;
        long micros = (piece.nanos() - pieces.get(0).nanos()) / 1000;
        ByteBuffer packet = ByteBuffer.allocate(16 + bytes)
                .putInt((int) (micros / 1_000_000))
                .putInt((int) (micros % 1_000_000))
                .putInt(bytes)
                .putInt(bytes);
        // IPv4: version and length of its header, total length, no fragment, 64 hops, TCP, 127.0.0.1 both.
        packet.putShort((short) 0x4500)
                .putShort((short) bytes)
                .putInt(0x4000)
                .putShort((short) 0x4006)
                .putShort((short) 0)
                .putInt(0x7f00_0001)
                .putInt(0x7f00_0001);
        // TCP: ports, numbers, length of its header with PSH and ACK, window.
        packet.putShort((short) (piece.toServer() ? CLIENT_PORT : LIBVIRT_PORT))
                .putShort((short) (piece.toServer() ? LIBVIRT_PORT : CLIENT_PORT))
                .putInt(next[piece.toServer() ? 0 : 1])
                .putInt(next[piece.toServer() ? 1 : 0])
                .putShort((short) 0x5018)
                .putShort((short) 0xffff)
                .putInt(0)
                .put(piece.bytes(), from, length);
        return packet.array();
    }
}
