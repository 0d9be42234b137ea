// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.bench.xdr;

import dev.virtwire.client.protocol.remote.ConnectListAllDomainsResult;
import dev.virtwire.client.protocol.remote.DomainGetInfoArgs;
import dev.virtwire.client.protocol.remote.DomainGetInfoResult;
import dev.virtwire.client.protocol.remote.DomainGetJobStatsResult;
import dev.virtwire.client.protocol.remote.DomainGetXmlDescResult;
import dev.virtwire.client.protocol.remote.DomainProcedures;
import dev.virtwire.client.protocol.remote.DomainRef;
import dev.virtwire.client.protocol.remote.JobProcedures;
import dev.virtwire.client.protocol.remote.TypedParam;
import dev.virtwire.client.protocol.remote.TypedParamValue;
import dev.virtwire.xdr.XdrCodec;
import dev.virtwire.xdr.XdrReader;
import dev.virtwire.xdr.XdrWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;

/** The bodies of calls and replies that are common, or large. */
public enum Message {
    /** The smallest call on a domain. */
    GET_INFO_CALL("get info, call") {
        @Override
        Body<?> body() {
            return new Body<>(DomainProcedures.DOMAIN_GET_INFO.arguments(), new DomainGetInfoArgs(domain(1)));
        }
    },

    /** The smallest reply. */
    GET_INFO_REPLY("get info, reply") {
        @Override
        Body<?> body() {
            return new Body<>(
                    DomainProcedures.DOMAIN_GET_INFO.result(),
                    new DomainGetInfoResult(1, 8L << 20, 8L << 20, 4, 123_456_789_000L));
        }
    },

    /** Many small records. */
    LIST_1000_DOMAINS("list of 1000 domains") {
        @Override
        Body<?> body() {
            List<DomainRef> domains =
                    IntStream.range(0, 1000).mapToObj(Message::domain).toList();
            return new Body<>(
                    DomainProcedures.CONNECT_LIST_ALL_DOMAINS.result(),
                    new ConnectListAllDomainsResult(domains, domains.size()));
        }
    },

    /** Typed parameters, of each type and with names as long as libvirt's. */
    JOB_STATS_24_PARAMETERS("24 typed parameters") {
        @Override
        Body<?> body() {
            List<TypedParam> parameters = IntStream.range(0, 24)
                    .mapToObj(i -> new TypedParam("disk_temp_total_" + i, value(i)))
                    .toList();
            return new Body<>(JobProcedures.DOMAIN_GET_JOB_STATS.result(), new DomainGetJobStatsResult(2, parameters));
        }
    },

    /** One long string. */
    XML_16_KIB("XML") {
        @Override
        Body<?> body() {
            String line = "    <address type='pci' domain='0x0000' bus='0x04' slot='0x00' function='0x0'/>\n";
            return new Body<>(
                    DomainProcedures.DOMAIN_GET_XML_DESC.result(),
                    new DomainGetXmlDescResult(
                            line.repeat(16384 / line.length() + 1).substring(0, 16384)));
        }
    };

    private final String title;

    Message(String title) {
        this.title = title;
    }

    /** What a reader of the table calls it. */
    String title() {
        return title;
    }

    abstract Body<?> body();

    private static DomainRef domain(int i) {
        return new DomainRef("instance-%08x".formatted(i), new UUID(0x6bd1_92a3L << 32 | i, ~(long) i), i);
    }

    private static TypedParamValue value(int i) {
        return switch (i % 8) {
            case 0 -> new TypedParamValue.IntValue(i);
            case 1 -> new TypedParamValue.StringValue("a text of some length");
            case 2 -> new TypedParamValue.DoubleValue(i / 7.0);
            case 3 -> new TypedParamValue.BooleanValue(1);
            default -> new TypedParamValue.UllongValue((long) i << 32);
        };
    }

    /**
     * A value and what reads and writes it.
     *
     * @param <T> its type
     */
    record Body<T>(XdrCodec<T> codec, T value) {
        void write(ByteBuf buffer) {
            codec.encode(new XdrWriter(buffer), value);
        }

        T read(ByteBuf buffer) {
            return codec.decode(new XdrReader(buffer));
        }

        /** The value as it stands on the wire. */
        byte[] bytes() {
            ByteBuf buffer = Unpooled.buffer();
            write(buffer);
            byte[] bytes = new byte[buffer.readableBytes()];
            buffer.readBytes(bytes);
            buffer.release();
            return bytes;
        }
    }
}
