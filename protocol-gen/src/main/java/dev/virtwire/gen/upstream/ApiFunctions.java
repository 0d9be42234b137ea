// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import dev.virtwire.gen.table.TableException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The functions of libvirt's C API, and the callbacks that it calls for events, with their versions, from the {@code
 * libvirt-api.xml} files that libvirt installs.
 */
public final class ApiFunctions {
    private final Map<String, Function> byKey = new HashMap<>();

    private ApiFunctions() {}

    /** A function and the libvirt version that brought it. */
    public record Function(String name, String version) {}

    /**
     * Reads the files.
     *
     * @throws TableException if one is not such a file
     */
    public static ApiFunctions read(List<Path> files) throws IOException {
        ApiFunctions functions = new ApiFunctions();
        ApiXml.read(files, (file, xml) -> {
            String name = xml.getAttributeValue(null, "name");
            String version = xml.getAttributeValue(null, "version");
            if (xml.getLocalName().matches("function|functype") && name != null && version != null) {
                functions.byKey.put(key(name), new Function(name, version));
            }
        });
        return functions;
    }

    /** The function behind a procedure: the same name but for capitals, or with the driver's name in it. */
    Optional<Function> find(String program, String procedure) {
        String driver = program.substring(0, 1).toUpperCase(Locale.ROOT) + program.substring(1);
        List<String> names = program.equals("admin")
                ? List.of("virAdm" + procedure)
                : List.of("vir" + procedure, "vir" + procedure.replaceFirst("Domain", "Domain" + driver));
        return names.stream()
                .map(name -> byKey.get(key(name)))
                .flatMap(function -> Optional.ofNullable(function).stream())
                .findFirst();
    }

    /** How an event is registered for, with the version that brought its callback. */
    Optional<Function> findEvent(String name) {
        int object = name.indexOf("Event");
        Function callback = byKey.get(key("virConnect" + name.replace("EventCallback", "Event") + "Callback"));
        Function register =
                object < 0 ? null : byKey.get(key("virConnect" + name.substring(0, object) + "EventRegisterAny"));
        return callback == null || register == null
                ? Optional.empty()
                : Optional.of(new Function(register.name(), callback.version()));
    }

    private static String key(String name) {
        return name.toLowerCase(Locale.ROOT);
    }
}
