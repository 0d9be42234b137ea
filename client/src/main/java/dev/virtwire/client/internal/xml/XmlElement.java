// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.xml;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.transform.OutputKeys;
import javax.xml.transform.Transformer;
import javax.xml.transform.TransformerException;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.ErrorHandler;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;
import org.xml.sax.SAXParseException;

/** An element of a parsed document. Errors are {@link IllegalArgumentException}s that name the document and the place. */
public final class XmlElement {
    private static final String MAX_DEPTH_ATTRIBUTE = "http://www.oracle.com/xml/jaxp/properties/maxElementDepth";

    /** Far deeper than any XML of libvirt's. */
    private static final String MAX_DEPTH = "200";

    private final String document;
    private final Element element;

    private XmlElement(String document, Element element) {
        this.document = document;
        this.element = element;
    }

    /**
     * Parses a document.
     *
     * @param document what it is, for messages: "backup XML"
     * @param root the name that its root must have
     */
    public static XmlElement parse(String document, String root, String text) {
        try {
            DocumentBuilder builder = factory().newDocumentBuilder();
            builder.setErrorHandler(new ThrowingHandler());
            Element element =
                    builder.parse(new InputSource(new StringReader(text))).getDocumentElement();
            if (!element.getTagName().equals(root)) {
                throw new IllegalArgumentException(
                        "%s: the root element is <%s>, not <%s>".formatted(document, element.getTagName(), root));
            }
            return new XmlElement(document, element);
        } catch (SAXParseException e) {
            throw new IllegalArgumentException(
                    "%s, line %d, column %d: %s"
                            .formatted(document, e.getLineNumber(), e.getColumnNumber(), e.getMessage()),
                    e);
        } catch (SAXException | IOException e) {
            throw new IllegalArgumentException(document + ": " + e.getMessage(), e);
        } catch (ParserConfigurationException e) {
            throw new IllegalStateException("the JDK's XML parser lacks a feature", e);
        }
    }

    private static DocumentBuilderFactory factory() throws ParserConfigurationException {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newDefaultInstance();
        factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        // The DOM descends into its elements by recursion, and a document decides how deep.
        factory.setAttribute(MAX_DEPTH_ATTRIBUTE, MAX_DEPTH);
        factory.setXIncludeAware(false);
        factory.setExpandEntityReferences(false);
        return factory;
    }

    /** An attribute, or null. */
    public @Nullable String attribute(String name) {
        return element.hasAttribute(name) ? element.getAttribute(name) : null;
    }

    /** An attribute that must be there. */
    public String required(String name) {
        String value = attribute(name);
        if (value == null) {
            throw fail("attribute '" + name + "' is missing");
        }
        return value;
    }

    /** An attribute that is a whole number, or null. */
    public @Nullable Integer integer(String name) {
        String value = attribute(name);
        try {
            return value == null ? null : Integer.valueOf(value);
        } catch (NumberFormatException e) {
            throw fail("attribute '%s' is '%s', not a number".formatted(name, value));
        }
    }

    /** An attribute that is yes or no; null where it is absent. */
    public @Nullable Boolean yesNo(String name) {
        String value = attribute(name);
        if (value == null) {
            return null;
        }
        return switch (value) {
            case "yes" -> true;
            case "no" -> false;
            default -> throw fail("attribute '%s' is '%s', neither yes nor no".formatted(name, value));
        };
    }

    /** The first child of that name. */
    public Optional<XmlElement> child(String name) {
        return children(name).stream().findFirst();
    }

    /** The children of that name, in order. */
    public List<XmlElement> children(String name) {
        List<XmlElement> found = new ArrayList<>();
        for (Node node = element.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element child && child.getTagName().equals(name)) {
                found.add(new XmlElement(document, child));
            }
        }
        return found;
    }

    /** The text of the first child of that name, or null. */
    public @Nullable String childText(String name) {
        return child(name).map(XmlElement::text).orElse(null);
    }

    /** The text inside, without the white space around it. */
    public String text() {
        return element.getTextContent().trim();
    }

    /** The document again, as text, with this element as its root and without its children of that name. */
    public String textWithout(String name) {
        Node copy = element.cloneNode(true);
        Node next;
        for (Node node = copy.getFirstChild(); node != null; node = next) {
            next = node.getNextSibling();
            if (node instanceof Element child && child.getTagName().equals(name)) {
                copy.removeChild(node);
            }
        }
        try {
            TransformerFactory factory = TransformerFactory.newDefaultInstance();
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            Transformer transformer = factory.newTransformer();
            transformer.setOutputProperty(OutputKeys.OMIT_XML_DECLARATION, "yes");
            StringWriter text = new StringWriter();
            transformer.transform(new DOMSource(copy), new StreamResult(text));
            return text.toString();
        } catch (TransformerException e) {
            throw new IllegalStateException("the JDK cannot write what it has parsed", e);
        }
    }

    /** An error about this element. */
    public IllegalArgumentException fail(String what) {
        return new IllegalArgumentException("%s, <%s>: %s".formatted(document, element.getTagName(), what));
    }

    /** Throws instead of printing to standard error, as the JDK's default does. */
    private static final class ThrowingHandler implements ErrorHandler {
        @Override
        public void warning(SAXParseException e) {}

        @Override
        public void error(SAXParseException e) throws SAXException {
            throw e;
        }

        @Override
        public void fatalError(SAXParseException e) throws SAXException {
            throw e;
        }
    }
}
