// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.fuzz;

import dev.virtwire.protocol.EventMessage;
import dev.virtwire.protocol.Procedure;
import dev.virtwire.xdr.XdrCodec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Every procedure and event that the protocol's tables state, as the generated classes list them. */
final class Codecs {
    /** A codec with the name of what it is for. */
    record Named(String name, XdrCodec<?> codec) {}

    static final List<Procedure<?, ?>> PROCEDURES = new ArrayList<>();
    static final List<EventMessage<?>> EVENTS = new ArrayList<>();
    static final List<Named> ALL = new ArrayList<>();

    static {
        for (Class<?> area : areas()) {
            PROCEDURES.addAll(list(area, "procedures"));
            EVENTS.addAll(list(area, "events"));
        }
        for (Procedure<?, ?> procedure : PROCEDURES) {
            ALL.add(new Named(procedure.name() + " arguments", procedure.arguments()));
            ALL.add(new Named(procedure.name() + " result", procedure.result()));
        }
        for (EventMessage<?> event : EVENTS) {
            ALL.add(new Named(event.name(), event.body()));
        }
    }

    private Codecs() {}

    @SuppressWarnings("unchecked")
    private static <T> List<T> list(Class<?> area, String method) {
        try {
            return (List<T>) area.getMethod(method).invoke(null);
        } catch (NoSuchMethodException e) {
            return List.of();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Found where the classes lie, so that an area added to the tables is a target without anyone's doing. */
    private static List<Class<?>> areas() {
        String marker = Procedure.class.getName().replace('.', '/') + ".class";
        try {
            Path root = Path.of(Procedure.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            if (Files.isDirectory(root)) {
                return areas(root.resolve(marker).getParent(), root);
            }
            try (var jar = java.nio.file.FileSystems.newFileSystem(root)) {
                Path top = jar.getPath("/");
                return areas(top.resolve(marker).getParent(), top);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<Class<?>> areas(Path folder, Path root) throws IOException {
        List<Class<?>> areas = new ArrayList<>();
        try (var files = Files.walk(folder)) {
            for (Path file : files.sorted().toList()) {
                String name = root.relativize(file).toString();
                if (name.endsWith("Procedures.class")) {
                    areas.add(Class.forName(name.substring(0, name.length() - 6).replace('/', '.')));
                }
            }
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
        return areas;
    }
}
