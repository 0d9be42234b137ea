// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import dev.virtwire.gen.table.Position;
import dev.virtwire.gen.table.TableException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The constants of libvirt's C API, from the {@code libvirt-api.xml} files that libvirt installs. */
public final class ApiConstants {
    private final Map<String, List<Constant>> byType = new LinkedHashMap<>();

    private ApiConstants() {}

    /**
     * A constant.
     *
     * @param version the libvirt that brought it
     * @param info what libvirt says of it; empty if nothing
     */
    record Constant(Position position, String name, long number, String version, String info) {}

    private record Stated(Position position, String type, String name, String value, String version, String info) {}

    /**
     * Reads the files. No file is no constant.
     *
     * @throws TableException if one is not such a file, or a constant has no number
     */
    public static ApiConstants read(List<Path> files) throws IOException {
        List<Stated> all = new ArrayList<>();
        ApiXml.read(files, (file, xml) -> {
            if (xml.getLocalName().equals("enum")) {
                Position position =
                        new Position(file.toString(), xml.getLocation().getLineNumber());
                all.add(new Stated(
                        position,
                        required(position, "type", xml.getAttributeValue(null, "type")),
                        required(position, "name", xml.getAttributeValue(null, "name")),
                        required(position, "value", xml.getAttributeValue(null, "value")),
                        required(position, "version", xml.getAttributeValue(null, "version")),
                        xml.getAttributeValue(null, "info") == null ? "" : xml.getAttributeValue(null, "info")));
            }
        });
        ApiConstants constants = new ApiConstants();
        Map<String, String> values = new HashMap<>();
        all.forEach(stated -> values.put(stated.name(), stated.value()));
        for (Stated stated : all) {
            constants
                    .byType
                    .computeIfAbsent(stated.type(), any -> new ArrayList<>())
                    .add(new Constant(
                            stated.position(), stated.name(), number(stated, values), stated.version(), stated.info()));
        }
        return constants;
    }

    /** Those that a libvirt of a version has. */
    ApiConstants until(String version) {
        ApiConstants older = new ApiConstants();
        byType.forEach((type, constants) -> older.byType.put(
                type,
                constants.stream()
                        .filter(constant -> Arrays.compare(numbers(constant.version()), numbers(version)) <= 0)
                        .toList()));
        return older;
    }

    private static int[] numbers(String version) {
        return Stream.of(version.split("\\.")).mapToInt(Integer::parseInt).toArray();
    }

    /** The types, each with its constants, without those that only count the others. */
    Map<String, List<Constant>> types() {
        Map<String, List<Constant>> types = new LinkedHashMap<>();
        byType.forEach((type, constants) -> {
            long greatest = constants.stream().mapToLong(Constant::number).max().orElse(0);
            types.put(
                    type,
                    constants.stream()
                            .filter(constant -> constant.number() != greatest
                                    || !constant.name().matches(".*_(LAST|NR)"))
                            .toList());
        });
        return types;
    }

    private static String required(Position position, String attribute, @Nullable String value) {
        if (value == null) {
            throw new TableException(position, "an enum without " + attribute);
        }
        return value;
    }

    /** A number, or the name of another constant. */
    private static long number(Stated stated, Map<String, String> values) {
        String value = stated.value();
        for (int steps = 0; steps < 10 && values.containsKey(value); steps++) {
            value = values.get(value);
        }
        try {
            return Long.decode(value);
        } catch (NumberFormatException e) {
            throw new TableException(stated.position(), stated.name() + ": " + value + " is no number");
        }
    }
}
