// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.bench.xdr;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.UUID;

/** Reads the reply of ConnectGetAllDomainStats as one would who needed that reply alone, with values of its own. */
final class StatsByHand {
    private static final int MOST_BYTES = 4_194_304;

    private final ByteBuf in;

    StatsByHand(ByteBuf in) {
        this.in = in;
    }

    /** What is known of a domain. */
    record Stats(String name, UUID uuid, int id, List<Stat> stats) {}

    /** A name with its value: a number of any kind, or text. */
    record Stat(String name, Object value) {}

    /** Reads all. */
    List<Stats> read() {
        Stats[] domains = new Stats[count(16384)];
        for (int i = 0; i < domains.length; i++) {
            String name = text();
            UUID uuid = new UUID(in.readLong(), in.readLong());
            int id = in.readInt();
            Stat[] stats = new Stat[count(262_144)];
            for (int j = 0; j < stats.length; j++) {
                stats[j] = new Stat(text(), value(in.readInt()));
            }
            domains[i] = new Stats(name, uuid, id, Collections.unmodifiableList(Arrays.asList(stats)));
        }
        if (in.isReadable()) {
            throw new IllegalArgumentException(in.readableBytes() + " bytes are left over");
        }
        return Collections.unmodifiableList(Arrays.asList(domains));
    }

    private Object value(int type) {
        return switch (type) {
            case 1, 6 -> in.readInt();
            case 2 -> in.readUnsignedInt();
            case 3, 4 -> in.readLong();
            case 5 -> in.readDouble();
            case 7 -> text();
            default -> throw new IllegalArgumentException("type " + type);
        };
    }

    private int count(int most) {
        int count = in.readInt();
        if (count < 0 || count > most || 12L * count > in.readableBytes()) {
            throw new IllegalArgumentException("a count of " + count);
        }
        return count;
    }

    private String text() {
        int length = in.readInt();
        if (length < 0 || length > MOST_BYTES || length > in.readableBytes()) {
            throw new IllegalArgumentException("a length of " + length);
        }
        String text = in.toString(in.readerIndex(), length, StandardCharsets.UTF_8);
        in.skipBytes((length + 3) & ~3);
        return text;
    }
}
