// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.xml;

import java.io.StringWriter;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;
import org.jspecify.annotations.Nullable;

/** Writes an XML document as text; a null attribute or text is left out. */
public final class XmlBuilder {
    private static final XMLOutputFactory FACTORY = XMLOutputFactory.newDefaultFactory();

    /** Writes what stands inside an element. */
    @FunctionalInterface
    public interface Content {
        /** Writes it. */
        void write(XmlBuilder xml);
    }

    private final StringWriter text = new StringWriter();
    private final XMLStreamWriter out;

    private XmlBuilder() {
        try {
            out = FACTORY.createXMLStreamWriter(text);
        } catch (XMLStreamException e) {
            throw new IllegalStateException("the JDK cannot write XML", e);
        }
    }

    /** A document with this root. */
    public static String document(String root, Content content) {
        XmlBuilder xml = new XmlBuilder();
        xml.element(root, content);
        return xml.text.toString();
    }

    /** An element. */
    public XmlBuilder element(String name, Content content) {
        return write(() -> {
            out.writeStartElement(name);
            content.write(this);
            out.writeEndElement();
        });
    }

    /** An element that holds only text. */
    public XmlBuilder textElement(String name, @Nullable String value) {
        return value == null ? this : element(name, xml -> xml.text(value));
    }

    /** Text of the element being written. */
    public XmlBuilder text(String value) {
        return write(() -> out.writeCharacters(value));
    }

    /** An attribute of the element being written, before its content. */
    public XmlBuilder attribute(String name, @Nullable Object value) {
        return value == null ? this : write(() -> out.writeAttribute(name, value.toString()));
    }

    private interface Step {
        void run() throws XMLStreamException;
    }

    private XmlBuilder write(Step step) {
        try {
            step.run();
            return this;
        } catch (XMLStreamException e) {
            throw new IllegalStateException("writing XML to memory failed", e);
        }
    }
}
