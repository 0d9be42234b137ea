// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.protocol.EventMessage;
import dev.virtwire.protocol.Procedure;
import dev.virtwire.protocol.StreamProcedure;
import dev.virtwire.protocol.remote.DomainProcedures;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.ParameterizedType;
import java.net.URISyntaxException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The procedures of program remote, found where their classes lie, so that a new area needs nobody's doing. */
final class ProtocolAreas {
    /** A procedure with the classes of its arguments and result; {@code Void} for none. */
    record Entry(Procedure<?, ?> procedure, Class<?> arguments, Class<?> result) {}

    private ProtocolAreas() {}

    /** All of them by their numbers. */
    static List<Entry> procedures() throws IOException, URISyntaxException, ReflectiveOperationException {
        List<Entry> entries = new ArrayList<>();
        for (Field field : constants()) {
            Object value = field.get(null);
            Object constant = value instanceof StreamProcedure<?, ?, ?> opening ? opening.call() : value;
            if (constant instanceof Procedure<?, ?> procedure) {
                var types = ((ParameterizedType) field.getGenericType()).getActualTypeArguments();
                entries.add(new Entry(procedure, (Class<?>) types[0], (Class<?>) types[1]));
            }
        }
        entries.sort(Comparator.comparingInt(entry -> entry.procedure().number()));
        return entries;
    }

    /** All event messages. */
    static List<EventMessage<?>> events() throws IOException, URISyntaxException, ReflectiveOperationException {
        List<EventMessage<?>> events = new ArrayList<>();
        for (Field field : constants()) {
            if (field.get(null) instanceof EventMessage<?> event) {
                events.add(event);
            }
        }
        return events;
    }

    private static List<Field> constants() throws IOException, URISyntaxException, ReflectiveOperationException {
        String area = DomainProcedures.class.getName().replace('.', '/') + ".class";
        Path root = Path.of(DomainProcedures.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        if (Files.isDirectory(root)) {
            return constants(root.resolve(area).getParent());
        }
        try (var jar = FileSystems.newFileSystem(root)) {
            return constants(jar.getPath(area).getParent());
        }
    }

    private static List<Field> constants(Path folder) throws IOException, ReflectiveOperationException {
        List<Field> constants = new ArrayList<>();
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (name.endsWith("Procedures.class")) {
                    Class<?> area = Class.forName(
                            DomainProcedures.class.getPackageName() + "." + name.replaceFirst("\\.class$", ""));
                    constants.addAll(List.of(area.getFields()));
                }
            }
        }
        return constants;
    }
}
