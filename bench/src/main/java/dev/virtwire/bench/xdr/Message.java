// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.bench.xdr;

import dev.virtwire.protocol.remote.ConnectGetAllDomainStatsResult;
import dev.virtwire.protocol.remote.ConnectListAllDomainsResult;
import dev.virtwire.protocol.remote.DomainAffectFlags;
import dev.virtwire.protocol.remote.DomainCreateXmlArgs;
import dev.virtwire.protocol.remote.DomainGetInfoArgs;
import dev.virtwire.protocol.remote.DomainGetInfoResult;
import dev.virtwire.protocol.remote.DomainGetJobStatsResult;
import dev.virtwire.protocol.remote.DomainGetXmlDescResult;
import dev.virtwire.protocol.remote.DomainProcedures;
import dev.virtwire.protocol.remote.DomainRef;
import dev.virtwire.protocol.remote.DomainSetMemoryParametersArgs;
import dev.virtwire.protocol.remote.DomainStatsRecord;
import dev.virtwire.protocol.remote.JobProcedures;
import dev.virtwire.protocol.remote.MemoryProcedures;
import dev.virtwire.protocol.remote.TypedParam;
import dev.virtwire.protocol.remote.TypedParamValue;
import dev.virtwire.xdr.XdrCodec;
import dev.virtwire.xdr.XdrReader;
import dev.virtwire.xdr.XdrWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
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

    /** Typed parameters in a call. */
    SET_PARAMETERS_CALL("set memory parameters, call") {
        @Override
        Body<?> body() {
            return new Body<>(
                    MemoryProcedures.DOMAIN_SET_MEMORY_PARAMETERS.arguments(),
                    new DomainSetMemoryParametersArgs(
                            domain(1),
                            List.of(
                                    new TypedParam("hard_limit", new TypedParamValue.UllongValue(8L << 20)),
                                    new TypedParam("soft_limit", new TypedParamValue.UllongValue(4L << 20)),
                                    new TypedParam("swap_hard_limit", new TypedParamValue.UllongValue(9L << 20))),
                            Set.of(DomainAffectFlags.LIVE)));
        }
    },

    /** A call with an XML, such as that which starts a domain. */
    CREATE_XML_CALL("create by XML, call") {
        @Override
        Body<?> body() {
            return new Body<>(
                    DomainProcedures.DOMAIN_CREATE_XML.arguments(), new DomainCreateXmlArgs(xml(4096), Set.of()));
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

    /** The largest of common replies, of domains with two processors, two disks and an interface each. */
    STATS_OF_1000_DOMAINS(Message.STATS) {
        @Override
        Body<?> body() {
            List<DomainStatsRecord> records = IntStream.range(0, 1000)
                    .mapToObj(i -> new DomainStatsRecord(domain(i), statistics(i)))
                    .toList();
            return new Body<>(
                    DomainProcedures.CONNECT_GET_ALL_DOMAIN_STATS.result(),
                    new ConnectGetAllDomainStatsResult(records));
        }
    },

    /** One long string. */
    XML_16_KIB("XML") {
        @Override
        Body<?> body() {
            return new Body<>(DomainProcedures.DOMAIN_GET_XML_DESC.result(), new DomainGetXmlDescResult(xml(16384)));
        }
    };

    /** The title of what is read by hand as well. */
    static final String STATS = "statistics of 1000 domains";

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

    private static String xml(int length) {
        String line = "    <address type='pci' domain='0x0000' bus='0x04' slot='0x00' function='0x0'/>\n";
        return line.repeat(length / line.length() + 1).substring(0, length);
    }

    /** By the names and types that QEMU's driver gives them. */
    private static List<TypedParam> statistics(int i) {
        List<TypedParam> all = new ArrayList<>();
        for (String name : List.of("state.state", "state.reason")) {
            all.add(new TypedParam(name, new TypedParamValue.IntValue(1)));
        }
        for (String name : List.of("cpu.time", "cpu.user", "cpu.system")) {
            all.add(number(name, i * 1_000_000_007L));
        }
        for (String name : List.of("current", "maximum", "swap_in", "unused", "available", "usable", "rss")) {
            all.add(number("balloon." + name, 4L << 20));
        }
        for (int vcpu = 0; vcpu < 2; vcpu++) {
            all.add(new TypedParam("vcpu." + vcpu + ".state", new TypedParamValue.IntValue(1)));
            all.add(number("vcpu." + vcpu + ".time", i * 500_000_003L));
            all.add(number("vcpu." + vcpu + ".wait", 0));
        }
        all.add(new TypedParam("net.0.name", new TypedParamValue.StringValue("vnet" + i)));
        for (String name : List.of("bytes", "pkts", "errs", "drop")) {
            all.add(number("net.0.rx." + name, i * 1500L));
            all.add(number("net.0.tx." + name, i * 1200L));
        }
        all.add(new TypedParam("block.count", new TypedParamValue.UintValue(2)));
        for (int disk = 0; disk < 2; disk++) {
            String block = "block." + disk;
            all.add(new TypedParam(block + ".name", new TypedParamValue.StringValue("vd" + (char) ('a' + disk))));
            all.add(new TypedParam(
                    block + ".path",
                    new TypedParamValue.StringValue("/var/lib/libvirt/images/instance-%08x.qcow2".formatted(i))));
            for (String name : List.of("rd.reqs", "rd.bytes", "rd.times", "wr.reqs", "wr.bytes", "wr.times")) {
                all.add(number(block + "." + name, i * 4096L));
            }
            for (String name : List.of("fl.reqs", "fl.times", "allocation", "capacity", "physical")) {
                all.add(number(block + "." + name, 1L << 30));
            }
        }
        return all;
    }

    private static TypedParam number(String name, long value) {
        return new TypedParam(name, new TypedParamValue.UllongValue(value));
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
