// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import dev.virtwire.gen.table.TableException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * The functions of libvirt's C API with their versions, from the {@code libvirt-api.xml} files that libvirt installs.
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
        for (Path file : files) {
            try (InputStream in = Files.newInputStream(file)) {
                functions.read(in);
            } catch (XMLStreamException e) {
                throw new TableException(List.of(file + ": " + e.getMessage()));
            }
        }
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

    private void read(InputStream in) throws XMLStreamException {
        XMLInputFactory factory = XMLInputFactory.newFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        XMLStreamReader xml = factory.createXMLStreamReader(in);
        while (xml.hasNext()) {
            if (xml.next() != XMLStreamConstants.START_ELEMENT
                    || !xml.getLocalName().equals("function")) {
                continue;
            }
            String name = xml.getAttributeValue(null, "name");
            String version = xml.getAttributeValue(null, "version");
            if (name != null && version != null) {
                byKey.put(key(name), new Function(name, version));
            }
        }
        xml.close();
    }

    private static String key(String name) {
        return name.toLowerCase(Locale.ROOT);
    }
}
