// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.call;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import dev.virtwire.cli.command.call.Description.Called;
import dev.virtwire.cli.command.call.Description.Field;
import dev.virtwire.protocol.EventMessage;
import dev.virtwire.protocol.Procedure;
import dev.virtwire.xdr.XdrCodec;
import dev.virtwire.xdr.XdrReader;
import dev.virtwire.xdr.XdrWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A newer libvirt sends numbers that have no name here, in every place that takes one. */
class UnknownNumbersTest {
    private static final List<String> PROGRAMS = List.of("remote", "qemu", "lxc", "admin");
    private static final Description DESCRIPTION = Description.load(PROGRAMS);

    private final Faults faults = Faults.newer(DESCRIPTION);
    private int numbers;

    @Test
    void numbersWithoutANameStayNumbersInEveryResult() {
        for (Called called : DESCRIPTION.procedures()) {
            Procedure<?, ?> procedure = DESCRIPTION.toCall(called);
            check(called.program(), called.name() + "Result", called.fields("result"), procedure.result());
        }
        assertThat(numbers).as("fields with an enum or flags").isEqualTo(13);
    }

    @Test
    void numbersWithoutANameStayNumbersInEveryEvent() throws Exception {
        int events = 0;
        for (Called event : events()) {
            EventMessage<?> message =
                    (EventMessage<?>) DESCRIPTION.constant(event).get(null);
            check(event.program(), event.name() + "Message", event.fields("body"), message.body());
            events++;
        }
        assertThat(events).isGreaterThanOrEqualTo(56);
        assertThat(numbers).as("fields with an enum or flags").isGreaterThan(30);
    }

    private <T> void check(String program, String type, List<Field> fields, XdrCodec<T> codec) {
        if (fields.isEmpty()) {
            return;
        }
        Values values = new Values(DESCRIPTION, program);
        Map<String, Object> json = faults.good(fields);
        Object record = values.toRecord("", DESCRIPTION.generated(program, type), fields, json, false);
        T decoded = again(codec, record);
        assertThat(decoded).as(type).isEqualTo(record);
        Map<String, Object> printed = values.toJson(fields, decoded);
        for (Field field : fields) {
            String name = field.type().replaceFirst("[(\\[? ].*", "");
            if (DESCRIPTION.constants(name).isPresent()) {
                Object number = json.get(field.name());
                assertThat(decoded.toString()).contains(field.name() + "=" + number);
                if (DESCRIPTION.isFlags(name)) {
                    assertThat((List<?>) printed.get(field.name())).isNotEmpty();
                } else {
                    assertThat(printed).containsEntry(field.name(), number);
                }
                numbers++;
            }
        }
    }

    @SuppressWarnings("unchecked")
    private static <T> T again(XdrCodec<T> codec, Object record) {
        ByteBuf buffer = Unpooled.buffer();
        try {
            codec.encode(new XdrWriter(buffer), (T) record);
            return codec.decode(new XdrReader(buffer));
        } finally {
            buffer.release();
        }
    }

    private static List<Called> events() throws Exception {
        List<Called> events = new ArrayList<>();
        try (InputStream in = Procedure.class.getResourceAsStream("/META-INF/virtwire/protocol.json");
                JsonParser parser = new JsonFactory().createParser(in)) {
            for (Object program : (List<?>) ((Map<?, ?>) JsonTree.read(parser)).get("programs")) {
                String name = (String) ((Map<?, ?>) program).get("name");
                if (PROGRAMS.contains(name)) {
                    ((List<?>) ((Map<?, ?>) program).get("events")).forEach(event -> events.add(called(name, event)));
                }
            }
        }
        return events;
    }

    @SuppressWarnings("unchecked")
    private static Called called(String program, Object event) {
        return new Called(program, (Map<String, ?>) event);
    }
}
