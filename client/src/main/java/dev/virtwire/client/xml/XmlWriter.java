// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.xml;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Comment;
import org.w3c.dom.Element;
import org.w3c.dom.NamedNodeMap;
import org.w3c.dom.Node;
import org.w3c.dom.ProcessingInstruction;

/**
 * Writes an XML document as text. What the reader would make of it is what was given: white space in attributes is
 * escaped too, and a character that XML cannot express is refused with an {@link IllegalArgumentException}.
 */
public final class XmlWriter {
    /** Writes what stands inside an element. */
    @FunctionalInterface
    public interface Content {
        /** Writes it. */
        void write(XmlWriter xml);
    }

    private final StringBuilder text = new StringBuilder();
    private boolean inStartTag;

    private XmlWriter() {}

    /** A document with this root. */
    public static String document(String root, Content content) {
        XmlWriter xml = new XmlWriter();
        xml.element(root, content);
        return xml.text.toString();
    }

    /** An element. */
    public XmlWriter element(String name, Content content) {
        start(name);
        content.write(this);
        endStartTag();
        text.append("</").append(name).append('>');
        return this;
    }

    /** An element that holds only text; none if the text is null. */
    public XmlWriter textElement(String name, @Nullable String value) {
        return value == null ? this : element(name, xml -> xml.text(value));
    }

    /** Text of the element being written. */
    public XmlWriter text(String value) {
        endStartTag();
        escape(value, false);
        return this;
    }

    /**
     * An attribute of the element being written, before its content; none if the value is null. As libvirt writes them,
     * a Boolean is yes or no, and the constant of an enum is in lower case.
     */
    public XmlWriter attribute(String name, @Nullable Object value) {
        if (!inStartTag) {
            throw new IllegalStateException("attribute '" + name + "' comes after the element's content");
        }
        if (value != null) {
            text.append(' ').append(name).append("=\"");
            escape(textOf(value), true);
            text.append('"');
        }
        return this;
    }

    /** An element that was read, with all that is in it. */
    static String document(Element root) {
        XmlWriter xml = new XmlWriter();
        xml.copy(root);
        return xml.text.toString();
    }

    private void copy(Node node) {
        if (node instanceof Element element) {
            copyElement(element);
        } else if (node instanceof Comment comment) {
            endStartTag();
            text.append("<!--").append(comment.getData()).append("-->");
        } else if (node instanceof ProcessingInstruction instruction) {
            endStartTag();
            text.append("<?").append(instruction.getTarget()).append(' ');
            text.append(instruction.getData()).append("?>");
        } else {
            text(node.getNodeValue());
        }
    }

    /** The reader bounds how deep this goes. */
    private void copyElement(Element element) {
        start(element.getTagName());
        NamedNodeMap attributes = element.getAttributes();
        for (int i = 0; i < attributes.getLength(); i++) {
            attribute(attributes.item(i).getNodeName(), attributes.item(i).getNodeValue());
        }
        if (!element.hasChildNodes()) {
            text.append("/>");
            inStartTag = false;
            return;
        }
        for (Node node = element.getFirstChild(); node != null; node = node.getNextSibling()) {
            copy(node);
        }
        endStartTag();
        text.append("</").append(element.getTagName()).append('>');
    }

    private void start(String name) {
        endStartTag();
        text.append('<').append(name);
        inStartTag = true;
    }

    private void endStartTag() {
        if (inStartTag) {
            text.append('>');
            inStartTag = false;
        }
    }

    private static String textOf(Object value) {
        if (value instanceof Boolean yes) {
            return yes ? "yes" : "no";
        }
        return value instanceof Enum<?> constant ? constant.name().toLowerCase(Locale.ROOT) : value.toString();
    }

    private void escape(String value, boolean inAttribute) {
        value.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> text.append("&amp;");
                case '<' -> text.append("&lt;");
                case '>' -> text.append("&gt;");
                case '"' -> text.append(inAttribute ? "&quot;" : "\"");
                // A reader makes a space of each in an attribute, and a newline of a carriage return anywhere.
                case '\t', '\n' -> text.append(inAttribute ? "&#" + c + ";" : Character.toString(c));
                case '\r' -> text.append("&#13;");
                default -> text.appendCodePoint(requireExpressible(c));
            }
        });
    }

    private static int requireExpressible(int c) {
        if (c < ' ' || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) || c == 0xFFFE || c == 0xFFFF) {
            throw new IllegalArgumentException("XML cannot express the character U+%04X".formatted(c));
        }
        return c;
    }
}
