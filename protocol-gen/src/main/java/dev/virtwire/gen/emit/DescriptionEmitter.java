// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.emit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.virtwire.gen.model.Area;
import dev.virtwire.gen.model.Enumeration;
import dev.virtwire.gen.model.Event;
import dev.virtwire.gen.model.Field;
import dev.virtwire.gen.model.Procedure;
import dev.virtwire.gen.model.Program;
import dev.virtwire.gen.model.Struct;
import dev.virtwire.gen.model.Union;
import java.math.BigInteger;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The description of all programs that the client carries, as JSON. A type is a string in the tables' notation with
 * every bound spelled out; what is empty or no is left out.
 */
public final class DescriptionEmitter {
    private final ObjectMapper json = new ObjectMapper();

    private DescriptionEmitter() {}

    /** The JSON text, on one line. */
    public static String emit(List<Program> programs) {
        DescriptionEmitter emitter = new DescriptionEmitter();
        ObjectNode root = emitter.json.createObjectNode();
        ArrayNode all = root.putArray("programs");
        programs.forEach(program -> all.add(emitter.program(program)));
        try {
            return emitter.json.writeValueAsString(root) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of texts and numbers is always JSON", e);
        }
    }

    private ObjectNode program(Program program) {
        ObjectNode node = json.createObjectNode()
                .put("name", program.name())
                .put("number", Integer.toUnsignedLong(program.number()))
                .put("version", program.version());
        ArrayNode procedures = node.putArray("procedures");
        ArrayNode events = node.putArray("events");
        ObjectNode structs = node.putObject("structs");
        ObjectNode unions = node.putObject("unions");
        ObjectNode enums = node.putObject("enums");
        for (Area area : program.areas()) {
            area.procedures().forEach(procedure -> procedures.add(procedure(area, procedure)));
            area.events().forEach(event -> events.add(event(area, event)));
            area.structs().forEach(struct -> structs.set(struct.name(), fields(struct)));
            area.unions().forEach(union -> unions.set(union.name(), union(union)));
            area.enumerations().forEach(enumeration -> enums.set(enumeration.name(), enumeration(enumeration)));
        }
        return node;
    }

    private ObjectNode procedure(Area area, Procedure procedure) {
        ObjectNode node = entry(area, procedure.number(), procedure.name(), procedure.since(), procedure.doc());
        if (procedure.function() != null) {
            node.put("function", procedure.function());
        }
        putFields(node, "arguments", procedure.arguments());
        putFields(node, "result", procedure.result());
        if (procedure.priority()) {
            node.put("priority", true);
        }
        if (procedure.urgent()) {
            node.put("urgent", true);
        }
        if (procedure.stream() != Procedure.Stream.NONE) {
            node.put("stream", procedure.stream().name().toLowerCase(Locale.ROOT));
        }
        if (procedure.sparse()) {
            node.put("sparse", true);
        }
        if (procedure.fds() != Procedure.Fds.NONE) {
            node.put("fds", procedure.fds().name().toLowerCase(Locale.ROOT));
        }
        return node;
    }

    private ObjectNode event(Area area, Event event) {
        ObjectNode node = entry(area, event.number(), event.name(), event.since(), event.doc());
        if (event.function() != null) {
            node.put("function", event.function());
        }
        putFields(node, "body", event.body());
        return node;
    }

    private ObjectNode entry(Area area, int number, String name, String since, String doc) {
        ObjectNode node = json.createObjectNode()
                .put("number", number)
                .put("name", name)
                .put("area", area.name())
                .put("since", since);
        if (!doc.isEmpty()) {
            node.put("doc", doc);
        }
        return node;
    }

    private void putFields(ObjectNode node, String name, @Nullable Struct struct) {
        if (struct != null) {
            node.set(name, fields(struct));
        }
    }

    private ArrayNode fields(Struct struct) {
        ArrayNode fields = json.createArrayNode();
        struct.fields().forEach(field -> fields.add(field(field)));
        return fields;
    }

    private ObjectNode field(Field field) {
        ObjectNode node = json.createObjectNode()
                .put("name", field.name())
                .put("type", field.type().notation());
        if (!field.doc().isEmpty()) {
            node.put("doc", field.doc());
        }
        return node;
    }

    private ArrayNode union(Union union) {
        ArrayNode arms = json.createArrayNode();
        union.arms().forEach(arm -> arms.add(field(arm.field()).put("number", arm.number())));
        return arms;
    }

    private ObjectNode enumeration(Enumeration enumeration) {
        ObjectNode node = json.createObjectNode();
        if (enumeration.flags()) {
            node.put("flags", true);
        }
        ObjectNode constants = node.putObject("constants");
        enumeration
                .constants()
                .forEach(constant -> constants.put(
                        constant.name(),
                        enumeration.flags() ? unsigned(constant.number()) : BigInteger.valueOf(constant.number())));
        return node;
    }

    private static BigInteger unsigned(long bits) {
        return new BigInteger(Long.toUnsignedString(bits));
    }
}
