// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.xml;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;
import org.xml.sax.SAXParseException;
import org.xml.sax.helpers.DefaultHandler;

/**
 * An element of a parsed document, which can be changed and written again. Errors are {@link IllegalArgumentException}s
 * that name the document and the place.
 */
public final class XmlElement {
    private static final String LIMIT = "http://www.oracle.com/xml/jaxp/properties/";

    /** libvirt itself reads 256 levels: a disk's chain of images, of which QEMU takes 200, nests that deep. */
    private static final String MAX_DEPTH = "256";

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
        return parse(document, root, new InputSource(new StringReader(text)));
    }

    /** Parses a document that was stored, in the encoding that it declares or UTF-8. */
    public static XmlElement parse(String document, String root, byte[] stored) {
        return parse(document, root, new InputSource(new ByteArrayInputStream(stored)));
    }

    private static XmlElement parse(String document, String root, InputSource source) {
        try {
            DocumentBuilder builder = factory().newDocumentBuilder();
            // The JDK's own prints to stderr before it throws.
            builder.setErrorHandler(new DefaultHandler());
            Document parsed = builder.parse(source);
            Element element = parsed.getDocumentElement();
            if (!"1.0".equals(parsed.getXmlVersion())) {
                throw new XmlException(document + ": it is of XML " + parsed.getXmlVersion() + ", not 1.0");
            }
            if (!element.getTagName().equals(root)) {
                throw new XmlException(
                        "%s: the root element is <%s>, not <%s>".formatted(document, element.getTagName(), root));
            }
            return new XmlElement(document, element);
        } catch (SAXParseException e) {
            throw new XmlException(
                    "%s, line %d, column %d: %s"
                            .formatted(document, e.getLineNumber(), e.getColumnNumber(), e.getMessage()),
                    e);
        } catch (SAXException | IOException e) {
            throw new XmlException(document + ": " + e.getMessage(), e);
        } catch (ParserConfigurationException e) {
            throw new IllegalStateException("the JDK's XML parser lacks a feature", e);
        }
    }

    private static DocumentBuilderFactory factory() throws ParserConfigurationException {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newDefaultInstance();
        factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        // The tree is walked by recursion, and a document decides how deep.
        factory.setAttribute(LIMIT + "maxElementDepth", MAX_DEPTH);
        // There are no entities without a document type; newer JDKs count the text around an &amp; as one.
        factory.setAttribute(LIMIT + "maxGeneralEntitySizeLimit", "0");
        factory.setAttribute(LIMIT + "totalEntitySizeLimit", "0");
        factory.setXIncludeAware(false);
        factory.setCoalescing(true);
        return factory;
    }

    /**
     * Makes a value of this element; an {@link IllegalArgumentException} of {@code reader} that names no place gets
     * this.
     */
    public <T> T as(Function<XmlElement, T> reader) {
        try {
            return reader.apply(this);
        } catch (XmlException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw fail(String.valueOf(e.getMessage()));
        }
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
        return parsed(name, Integer::valueOf);
    }

    /** As {@link #integer}, for what may be large. */
    public @Nullable Long number(String name) {
        return parsed(name, Long::valueOf);
    }

    private <T> @Nullable T parsed(String name, Function<String, T> parser) {
        String value = attribute(name);
        try {
            return value == null ? null : parser.apply(value);
        } catch (NumberFormatException e) {
            throw fail("attribute '%s' is '%s', not a number".formatted(name, value));
        }
    }

    /** An attribute that is yes or no; null if it is absent. */
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

    /** An attribute that is the constant of an enum in lower case, or null. */
    public <E extends Enum<E>> @Nullable E constant(String name, Class<E> type) {
        String value = attribute(name);
        if (value == null) {
            return null;
        }
        for (E constant : type.getEnumConstants()) {
            if (constant.name().toLowerCase(Locale.ROOT).equals(value)) {
                return constant;
            }
        }
        throw fail("attribute '%s' is '%s', which is not known".formatted(name, value));
    }

    /** The first element on that way down from here: {@code child("os", "nvram")}. */
    public Optional<XmlElement> child(String... path) {
        return children(path).stream().findFirst();
    }

    /** All elements on that way down from here, in order: {@code children("devices", "disk")}. */
    public List<XmlElement> children(String... path) {
        List<XmlElement> found = List.of(this);
        for (String name : path) {
            found = found.stream()
                    .flatMap(parent -> parent.named(name).stream())
                    .toList();
        }
        return found;
    }

    private List<XmlElement> named(String name) {
        List<XmlElement> found = new ArrayList<>();
        for (Node node = element.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element child && child.getTagName().equals(name)) {
                found.add(new XmlElement(document, child));
            }
        }
        return found;
    }

    /** All elements of that name, however deep below this one. */
    public List<XmlElement> descendants(String name) {
        NodeList nodes = element.getElementsByTagName(name);
        return IntStream.range(0, nodes.getLength())
                .mapToObj(i -> new XmlElement(document, (Element) nodes.item(i)))
                .toList();
    }

    /**
     * What is in it, each by the way to it: elements as {@code ip/dhcp}, attributes as {@code ip/dhcp/range@start}, its
     * own as {@code @type}.
     */
    public Set<String> ways() {
        Set<String> ways = new LinkedHashSet<>();
        addWays(element, "", ways);
        return ways;
    }

    private static void addWays(Element element, String way, Set<String> ways) {
        for (int i = 0; i < element.getAttributes().getLength(); i++) {
            ways.add(way + "@" + element.getAttributes().item(i).getNodeName());
        }
        for (Node node = element.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element child) {
                String below = (way.isEmpty() ? "" : way + "/") + child.getTagName();
                ways.add(below);
                addWays(child, below, ways);
            }
        }
    }

    /** Whether there is such a child. */
    public boolean has(String name) {
        return child(name).isPresent();
    }

    /** The text of the first element on that way, or null. */
    public @Nullable String childText(String... path) {
        return child(path).map(XmlElement::text).orElse(null);
    }

    /** The text inside, without the white space around it. */
    public String text() {
        return element.getTextContent().trim();
    }

    // ---- changes

    /** Sets an attribute. */
    public void set(String name, String value) {
        element.setAttribute(name, value);
    }

    /** Takes an attribute away, if it is there. */
    public void unset(String name) {
        element.removeAttribute(name);
    }

    /** Puts this text in the place of all that is inside. */
    public void setText(String text) {
        element.setTextContent(text);
    }

    /** The first child of that name; a missing one is made, before all others. */
    public XmlElement childOrNew(String name) {
        return child(name).orElseGet(() -> {
            Element made = element.getOwnerDocument().createElement(name);
            element.insertBefore(made, element.getFirstChild());
            return new XmlElement(document, made);
        });
    }

    /** Makes a last child of that name. */
    public XmlElement append(String name) {
        Element made = element.getOwnerDocument().createElement(name);
        element.appendChild(made);
        return new XmlElement(document, made);
    }

    /** Copies an element, which may be of another document, with all that is in it; the copy is the last child. */
    public XmlElement append(XmlElement other) {
        Element copy = (Element) element.getOwnerDocument().importNode(other.element, true);
        element.appendChild(copy);
        return new XmlElement(document, copy);
    }

    /** Takes this element out of the document. */
    public void remove() {
        element.getParentNode().removeChild(element);
    }

    /** Takes out the children of these names. */
    public void removeChildren(String... names) {
        for (String name : names) {
            named(name).forEach(XmlElement::remove);
        }
    }

    /** Takes out all attributes, and all that is inside but the children of that name. */
    public void clearExcept(String name) {
        while (element.getAttributes().getLength() > 0) {
            element.removeAttribute(element.getAttributes().item(0).getNodeName());
        }
        List<XmlElement> kept = named(name);
        element.setTextContent("");
        kept.forEach(child -> element.appendChild(child.element));
    }

    /** This element and what is in it as a document. */
    public String toXml() {
        return XmlWriter.document(element);
    }

    /** An error about this element. */
    public IllegalArgumentException fail(String what) {
        return new XmlException("%s, <%s>: %s".formatted(document, element.getTagName(), what));
    }
}
