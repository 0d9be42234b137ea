// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import dev.virtwire.gen.table.TableException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/** Goes through the {@code libvirt-api.xml} files that libvirt installs. */
final class ApiXml {
    private ApiXml() {}

    /** What is done with the start of an element. */
    interface Reader {
        void element(Path file, XMLStreamReader xml) throws XMLStreamException;
    }

    /**
     * Shows the start of each element.
     *
     * @throws TableException if a file is no XML
     */
    static void read(List<Path> files, Reader reader) throws IOException {
        XMLInputFactory factory = XMLInputFactory.newFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        for (Path file : files) {
            try (InputStream in = Files.newInputStream(file)) {
                XMLStreamReader xml = factory.createXMLStreamReader(in);
                while (xml.hasNext()) {
                    if (xml.next() == XMLStreamConstants.START_ELEMENT) {
                        reader.element(file, xml);
                    }
                }
                xml.close();
            } catch (XMLStreamException e) {
                throw new TableException(List.of(file + ": " + e.getMessage()));
            }
        }
    }
}
